import { test } from 'tap'
import { API_KEY, startGateway } from '../helper.ts'
import { NO_CHROMIUM } from './chromium.ts'
import { sharedChromium } from './shared-chromium.ts'
import { tryOut } from './try-out.ts'
import { openWindow } from './window.ts'

const skip = NO_CHROMIUM

test('a batch can be tried out with a key on the API page', { skip }, async (t) => {
  const gateway = await startGateway(t)
  const { page, complaints } = await openWindow(await sharedChromium(t), gateway.origin)
  const answered = async (body: object, key?: string) => {
    const operation = await tryOut(page, body, key)
    const answer = operation.locator('.live-responses-table .response')
    return [
      (await answer.locator('.response-col_status').textContent())?.trim(),
      await answer.locator('.highlight-code').first().textContent()
    ] as const
  }
  const [refused, why] = await answered({ lead_ids: [1], fields: { status: 'SALE' } })
  t.match([refused, why], [/^401/, /"code": "unauthenticated"/])
  t.match(complaints.splice(0), [/status of 401/])

  const [made, body] = await answered({ lead_ids: [1, 2], fields: { status: 'SALE' } }, API_KEY)
  t.match([made, body], [/^200/, /"received": 2,\s+"updated": 2/])
  t.equal(gateway.sandbox.leads()[2]?.status, 'SALE')

  const [partly, results] = await answered({ lead_ids: [1, 99_999], fields: { status: 'SALE' } })
  t.match([partly, results], [/^207/, /"code": "lead_not_found"/])
  t.same(complaints, [])
})
