import { test } from 'tap'
import { API_KEY, batch, startGateway } from '../helper.ts'
import { store } from '../routes/jobs-of.ts'
import { SHORT_RETRY } from '../routes/scripted-vicidial.ts'
import { NO_CHROMIUM } from './chromium.ts'
import { giveUp } from './given-up.ts'
import { sharedChromium } from './shared-chromium.ts'
import { sendEvents, tryEvents, withWebhooks } from './webhook-events.ts'
import { isTooWide, LOOKS, openWindow, signIn, violationsOf } from './window.ts'

const skip = NO_CHROMIUM

test('every page is accessible, light and dark, on a desktop and on a phone', { skip }, async (t) => {
  const gateway = await startGateway(t, { ...SHORT_RETRY, ...withWebhooks(t) })
  const browser = await sharedChromium(t)
  await batch(gateway, { lead_ids: [1, 2, 3, 99_999], fields: { status: 'SALE' } })
  const job = await giveUp(gateway, 7, API_KEY)
  await store(gateway, { updates: [{ vendor_lead_code: 'x'.repeat(20), fields: { status: 'A' } }] })
  await sendEvents(gateway)
  for (const look of LOOKS) {
    const { page, complaints } = await openWindow(browser, gateway.origin, look)
    const check = async (path: string) => {
      await page.goto(path)
      for (const summary of await page.locator('summary').all()) await summary.click()
      const view = `${path} ${look.colorScheme} ${look.width}`
      t.same(await violationsOf(page), [], view)
      t.notOk(await isTooWide(page), view)
    }
    for (const path of ['/ops/sign-in', '/problems', '/problems/overloaded']) await check(path)
    await signIn(page, API_KEY)
    for (const path of [
      '/ops',
      '/ops/jobs?replayed=1',
      '/ops/jobs?caller=nobody',
      `/ops/jobs/${job}`,
      '/ops/dead-letters',
      '/ops/dead-letters?caller=nobody',
      '/ops/webhooks',
      '/ops/webhooks/crm?deleted=1',
      '/ops/webhooks/quiet',
      '/ops/webhooks/crm/requests/1',
      '/ops/try',
      '/ops/try?source=crm&request=1',
      '/ops/callers',
      '/ops/callers/sender'
    ])
      await check(path)
    await tryEvents(page)
    t.same(await violationsOf(page), [], `a trial ${look.width}`)
    t.notOk(await isTooWide(page), `a trial ${look.width}`)
    t.same(complaints, [])
    await check('/ops/jobs/job_1')
    await page.context().close()
  }
})
