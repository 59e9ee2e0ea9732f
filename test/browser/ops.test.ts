import { writeFileSync } from 'node:fs'
import { test } from 'tap'
import { hashKey } from '../../src/callers/key.ts'
import { API_KEY, batch, type Gateway, startGateway } from '../helper.ts'
import { ended, store, withCallers } from '../routes/jobs-of.ts'
import { SHORT_RETRY } from '../routes/scripted-vicidial.ts'
import { until } from '../until.ts'
import { NO_CHROMIUM } from './chromium.ts'
import { giveUp } from './given-up.ts'
import { sharedChromium } from './shared-chromium.ts'
import { sendEvents, withWebhooks } from './webhook-events.ts'
import { openWindow, signIn } from './window.ts'

const skip = NO_CHROMIUM
const HOSTILE = "'><img src=x onload>"

function statusOf({ sandbox }: Gateway, id: number): string | undefined {
  return sandbox.leads()[id]?.status
}

test('an operator can sign in, and nobody else', { skip }, async (t) => {
  const gateway = await startGateway(t, withCallers(t))
  const { page, complaints } = await openWindow(await sharedChromium(t), gateway.origin)
  for (const [key, said] of [
    ['wrong', 'The API key is unknown or has expired.'],
    ['crm-key', 'The caller crm lacks "operator" (permissions.routes).']
  ] as const) {
    await signIn(page, key)
    t.equal(await page.getByRole('alert').textContent(), said)
    t.equal(await page.getByLabel('Key').inputValue(), '')
  }
  t.match(complaints.splice(0), [/status of 401/, /status of 403/])
  await signIn(page, 'ops-key')
  t.equal(new URL(page.url()).pathname, '/ops')
  t.match(await page.getByRole('banner').textContent(), /Signed in as\s+ops/)
  t.match(await page.title(), 'Overview')
  const [cookie] = await page.context().cookies()
  t.match(cookie, { path: '/ops', httpOnly: true, sameSite: 'Strict' })
  t.equal(await page.evaluate('document.cookie'), '')

  await page.getByRole('button', { name: 'Sign out' }).click()
  t.equal(new URL(page.url()).pathname, '/ops/sign-in')
  await page.goto('/ops/jobs')
  t.equal(new URL(page.url()).pathname, '/ops/sign-in')
  t.same(complaints, [])
})

test('a session ends with its key, even while its page is open', { skip }, async (t) => {
  const file = (key: string) => `
callers:
  - name: ops
    key_hashes: ["sha256:${hashKey(key)}"]
    permissions: "*"
`
  const path = `${t.testdir({ 'gateway.yaml': file('ops-key') })}/gateway.yaml`
  const gateway = await startGateway(t, { GATEWAY_CONFIG: path })
  const { page, complaints } = await openWindow(await sharedChromium(t), gateway.origin)
  await signIn(page, 'ops-key')
  writeFileSync(path, file('other-key'))
  gateway.app.reload()
  await page.getByRole('link', { name: 'Jobs' }).click()
  t.equal(new URL(page.url()).pathname, '/ops/sign-in')
  t.same(complaints, [])
})

test('the overview shows ended updates, with and without a script', { skip }, async (t) => {
  const gateway = await startGateway(t)
  const browser = await sharedChromium(t)
  const { page, complaints } = await openWindow(browser, gateway.origin)
  const refreshed: string[] = []
  page.on('request', (request) => {
    if (request.resourceType() === 'fetch') refreshed.push(request.url())
  })
  await page.clock.install()
  await signIn(page, API_KEY)
  t.ok(await page.getByText('No update has ended in the last hour.').isVisible())
  await batch(gateway, { lead_ids: [1, 2], fields: { status: 'SALE' } })
  await page.clock.fastForward(10_000)
  await page.getByRole('img', { name: '2 updated, 0 read, 0 refused, 0 failed' }).waitFor()
  await page.getByText('The same as a table').click()
  await batch(gateway, { lead_ids: [3], fields: { status: 'SALE' } })
  // What is read with the keyboard stays as it is.
  await page.clock.fastForward(10_000)
  await page.getByRole('heading', { name: 'Overview' }).click()
  await page.clock.fastForward(10_000)
  await page.getByRole('img', { name: '3 updated' }).waitFor()
  t.equal(refreshed.length, 2)
  t.ok(await page.getByRole('table', { name: 'by the minute' }).isVisible(), 'what was open stays open')

  const context = await browser.newContext({ baseURL: gateway.origin, javaScriptEnabled: false })
  const plain = await context.newPage()
  await signIn(plain, API_KEY)
  t.ok(await plain.getByRole('img', { name: '3 updated' }).isVisible())
  t.notOk(await plain.getByLabel('Refresh every 10 seconds').isVisible())
  t.same(complaints, [])
})

test('a dead letter can be found, read and replayed, and is delivered', { skip }, async (t) => {
  const gateway = await startGateway(t, { ...SHORT_RETRY, ...withCallers(t) })
  const { page, complaints } = await openWindow(await sharedChromium(t), gateway.origin)
  const job = await giveUp(gateway, 7, 'crm-key')
  t.not(statusOf(gateway, 7), 'CBHOLD')
  await signIn(page, 'ops-key')
  await page.getByRole('link', { name: 'Dead letters' }).click()
  await page.getByLabel('Caller').fill('crm')
  await page.getByRole('button', { name: 'Search' }).click()
  t.match(page.url(), 'caller=crm')
  await page.getByText(/^\s*lead 7 · upstream_/).click()
  t.ok(await page.getByRole('link', { name: job }).isVisible())
  t.ok(await page.getByText('Last error').isVisible())
  await page.getByRole('button', { name: 'Replay this one' }).click()
  t.match(page.url(), /\/ops\/jobs\/job_\w+\?replayed=1$/)
  t.equal(await page.getByRole('status').textContent(), 'Replayed 1 update.')
  await until('the replayed update', () => statusOf(gateway, 7) === 'CBHOLD')
  await until('the end of its job', async () => {
    await page.reload()
    return await page.getByText('completed').isVisible()
  })
  await page.goto('/ops/dead-letters')
  t.ok(await page.getByText('No update failed for good. Nothing to do.').isVisible())
  t.same(complaints, [])
})

test(
  'an operator finds out why an event did nothing, tries it again, and deletes it',
  { skip },
  async (t) => {
    const gateway = await startGateway(t, withWebhooks(t))
    const { page, complaints } = await openWindow(await sharedChromium(t), gateway.origin)
    await sendEvents(gateway)
    await signIn(page, API_KEY)
    await page.getByRole('link', { name: 'Webhooks' }).click()
    await page.getByRole('link', { name: 'crm' }).click()
    const ignored = page.getByRole('row', { name: /ignored 202/ })
    t.match(await ignored.textContent(), /event 0:\s*when\s+is not true/)
    await ignored.getByRole('link', { name: /^Payload/ }).click()
    await page.getByText('"Phone": "212-555-0105"').waitFor()
    await page.getByRole('link', { name: 'Try this one again' }).click()
    await page.getByRole('button', { name: 'Try it with crm' }).click()
    await page.getByText('`phone` is not in the event; it has `Phone`.').waitFor()
    const field = page.getByLabel('Payload', { exact: true })
    await field.fill((await field.inputValue()).replace('Phone', 'phone'))
    await page.getByRole('button', { name: 'Try it with crm' }).click()
    await page.getByText('would be sent').waitFor()
    t.match(await field.inputValue(), '"phone": "212-555-0105"')

    await page.goto('/ops/webhooks/crm')
    await page.getByText('Delete the kept payloads…').click()
    await page.getByRole('button', { name: 'Delete all payloads of this source' }).click()
    t.equal(await page.getByRole('status').textContent(), '4 payloads deleted.')
    t.equal(await page.getByRole('link', { name: /^Payload/ }).count(), 0)
    t.same(complaints, [])
  }
)

test(
  'dead letters are replayed together after a preview, downloaded, and their attempts read',
  { skip },
  async (t) => {
    const gateway = await startGateway(t, SHORT_RETRY)
    const { page, complaints } = await openWindow(await sharedChromium(t), gateway.origin)
    const job = await giveUp(gateway, 7, API_KEY)
    await signIn(page, API_KEY)
    await page
      .getByRole('row', { name: 'upstream_' })
      .getByRole('link', { name: /^upstream_/ })
      .click()
    t.match(page.url(), /\/ops\/history\?code=upstream_\w+&since=/)
    await page.getByRole('row', { name: 'lead 7' }).getByRole('link', { name: job }).click()
    await page.getByText(/^\d attempts?$/).click()
    t.ok(await page.locator('.attempts').getByText('failed').first().isVisible())
    await page.getByRole('link', { name: 'Look at them' }).click()
    const downloading = page.waitForEvent('download')
    await page.getByRole('link', { name: 'as CSV' }).click()
    t.equal((await downloading).suggestedFilename(), 'dead-letters.csv')
    await page.getByRole('link', { name: 'Replay all that match' }).click()
    t.ok(await page.getByText('This sends 1 update of 1 job again').isVisible())
    await page.getByRole('button', { name: 'Replay 1 update' }).click()
    t.equal(await page.getByRole('status').textContent(), 'Replayed 1 update.')
    await until('the replayed update', () => statusOf(gateway, 7) === 'CBHOLD')
    t.same(complaints, [])
  }
)

test('jobs can be searched with the keyboard alone; hostile text stays text', { skip }, async (t) => {
  const gateway = await startGateway(t)
  const { page, complaints } = await openWindow(await sharedChromium(t), gateway.origin)
  const updates = [{ vendor_lead_code: HOSTILE, fields: { status: 'A' } }]
  const id = await store(gateway, { updates })
  await ended(gateway, id)
  await signIn(page, API_KEY)
  await page.getByRole('heading', { name: 'Overview' }).waitFor()
  await page.keyboard.press('Tab')
  await page.keyboard.press('Enter')
  await page.waitForURL('**/ops#content')
  await page.goto('/ops/jobs')
  await page.getByLabel('Job id').focus()
  await page.keyboard.type(id)
  await page.keyboard.press('Enter')
  await page.waitForURL(`**/ops/jobs/${id}`)
  t.ok(await page.getByText(`vendor code ${HOSTILE}`).isVisible())
  t.equal(await page.locator('img:not([role])').count(), 0)
  await page.goto(`/ops/jobs?caller=${encodeURIComponent(HOSTILE)}`)
  t.equal(await page.getByLabel('Caller').inputValue(), HOSTILE)
  t.ok(await page.getByText('No job matches.').isVisible())
  t.equal(await page.locator('img:not([role])').count(), 0)
  t.same(complaints, [])
})
