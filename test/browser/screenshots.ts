import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { mock } from 'node:test'
import type { Page } from 'playwright-core'
import { API_KEY, batch, call, type Gateway, startGateway } from '../helper.ts'
import { ended, store } from '../routes/jobs-of.ts'
import { SHORT_RETRY } from '../routes/scripted-vicidial.ts'
import { until } from '../until.ts'
import { startChromium } from './chromium.ts'
import { giveUp } from './given-up.ts'
import { tryOut } from './try-out.ts'
import { sendEvents, tryEvents, withWebhooks } from './webhook-events.ts'
import { openWindow, signIn } from './window.ts'

/** Makes the pictures of the documentation: `npm run screenshots`. */

const DIRECTORY = 'docs/images'
const WIDTH = 1100
const PHONE_WIDTH = 360
const MINUTE_MS = 60_000
const TICK_MS = 10

const handlers: (() => unknown)[] = []
const t = {
  teardown: (handler: () => unknown) => handlers.unshift(handler)
}

/** Lets an hour go by in which updates are made, refused, and for some minutes failed. */
async function spendAnHour(gateway: Gateway): Promise<void> {
  let now = Date.now() - 60 * MINUTE_MS
  mock.timers.enable({ apis: ['Date'], now })
  const set = (ms: number) => {
    now += ms
    mock.timers.setTime(now)
  }
  const ticking = setInterval(() => {
    set(TICK_MS)
  }, TICK_MS)
  const leads = (count: number, first = 1) => Array.from({ length: count }, (_, n) => n + first)
  for (let minute = 0; minute < 60; minute++) {
    const isOutage = minute >= 34 && minute < 38
    if (minute === 38) await reachable(gateway)
    const load = Math.round(120 + 80 * Math.sin(minute / 7) + 37 * ((minute * 7) % 5))
    if (isOutage) gateway.sandbox.fail('500', { calls: 1_000, function: 'batch_update_lead' })
    await batch(gateway, { lead_ids: leads(load), fields: { status: 'SALE' } })
    if (minute % 6 === 4) await batch(gateway, { lead_ids: leads(40, 990), fields: { status: 'SALE' } })
    if (minute % 9 === 2) await batch(gateway, { lead_ids: leads(25), fields: { status: 'TOOLONG' } })
    if (isOutage) gateway.sandbox.fail('500', { calls: 0, function: 'batch_update_lead' })
    set(MINUTE_MS)
  }
  clearInterval(ticking)
  mock.timers.reset()
}

/** VICIdial is found to be back within a second or two. */
async function reachable(gateway: Gateway): Promise<void> {
  await until(
    'VICIdial',
    async () => (await call(gateway, 'GET', '/readyz')).body.vicidial.state === 'reachable'
  )
}

async function picture(page: Page, name: string, fullPage = true): Promise<void> {
  await page.screenshot({ path: `${DIRECTORY}/${name}.png`, fullPage })
}

mkdirSync(DIRECTORY, { recursive: true })
const files = {
  testdir: (content: Record<string, string>) => {
    const directory = mkdtempSync(join(tmpdir(), 'vicidial-gateway-'))
    t.teardown(() => {
      rmSync(directory, { recursive: true })
    })
    for (const [name, text] of Object.entries(content)) writeFileSync(join(directory, name), text)
    return directory
  }
}
const gateway = await startGateway(t, { ...SHORT_RETRY, ...withWebhooks(files), LOG_LEVEL: 'silent' })
const browser = await startChromium(t)
await spendAnHour(gateway)
const mixed = [
  { lead_id: 101, fields: { status: 'SALE', email: 'ann@example.com' } },
  { lead_id: 102, fields: { address1: '12 Elm St, Apt #4' } },
  { lead_id: 99_999, fields: { status: 'SALE' } },
  { vendor_lead_code: 'CRM-7', fields: { comments: null } },
  { lead_id: 103, fields: { status: 'TOOLONG' } }
]
const job = await store(gateway, { updates: mixed })
await ended(gateway, job)
let givenUp = ''
for (const lead of [7, 8]) {
  givenUp = await giveUp(gateway, lead, API_KEY)
  await reachable(gateway)
}

await sendEvents(gateway)

for (const colorScheme of ['light', 'dark'] as const) {
  const { page } = await openWindow(browser, gateway.origin, { colorScheme, width: WIDTH })
  await signIn(page, API_KEY)
  await page.getByRole('heading', { name: 'Overview' }).waitFor()
  await picture(page, `ops-overview-${colorScheme}`, colorScheme === 'light')
  if (colorScheme === 'dark') continue
  await page.goto(`/ops/jobs/${job}`)
  await picture(page, 'ops-job')
  await page.goto('/ops?range=24h')
  await page.locator('section[aria-labelledby="traffic"]').screenshot({ path: `${DIRECTORY}/ops-range.png` })
  await page.goto('/ops/dead-letters')
  await page.locator('.letters summary').first().click()
  await picture(page, 'ops-dead-letters')
  await page.goto('/ops/webhooks/crm')
  await picture(page, 'ops-webhook')
  await page.goto('/ops/callers/sender')
  await picture(page, 'ops-caller')
  await tryEvents(page)
  await picture(page, 'ops-try')
  await page.goto('/ops/dead-letters/replay')
  await picture(page, 'ops-replay')
  await page.goto(`/ops/jobs/${givenUp}`)
  await page.locator('details summary').first().click()
  await picture(page, 'ops-attempts')
  await page.goto(`/ops/history?job_id=${job}`)
  await picture(page, 'ops-history')
}
const phone = await openWindow(browser, gateway.origin, { colorScheme: 'light', width: PHONE_WIDTH })
await signIn(phone.page, API_KEY)
await phone.page.goto('/ops/jobs')
await picture(phone.page, 'ops-phone', false)
const { page } = await openWindow(browser, gateway.origin, { colorScheme: 'light', width: WIDTH })
const operation = await tryOut(page, { lead_ids: [1, 99_999], fields: { status: 'SALE' } }, API_KEY)
await operation.locator('table.live-responses-table').screenshot({ path: `${DIRECTORY}/docs-try-out.png` })

for (const handler of handlers) await handler()
