import { test } from 'tap'
import { API_KEY, startGateway } from '../helper.ts'
import { NO_CHROMIUM } from './chromium.ts'
import { sharedChromium } from './shared-chromium.ts'
import { openClientPage, updateFromPage } from './client-page.ts'
import { tryOut } from './try-out.ts'
import { isTooWide, LOOKS, openWindow } from './window.ts'

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

/** In CSS pixels, for an operation that is opened. Swagger UI alone needs more than 8,000 for some. */
const HIGHEST = { 1280: 4_000, 360: 6_000 } as const

test(
  'the API page has its own name and logo, and folds what makes an operation long',
  { skip },
  async (t) => {
    const gateway = await startGateway(t)
    for (const look of LOOKS) {
      const { page, complaints } = await openWindow(await sharedChromium(t), gateway.origin, look)
      await page.goto('/docs')
      const operations = page.locator('.opblock')
      await operations.first().waitFor()
      t.equal(await page.title(), 'API of vicidial-gateway')
      t.match(await page.locator('link[rel=icon]').getAttribute('href'), /logo\.svg$/)
      t.equal(await page.locator('.topbar, .download-url-input').count(), 0, 'no box for another document')
      t.match(await page.locator('.info .version').first().textContent(), /^\s*\d+\.\d+\.\d+\s*$/)
      t.match(await operations.first().textContent(), /POST\/v1\/leads\/batch-update/)

      const operation = page.locator('#operations-leads-batchUpdateLeads')
      await operation.locator('.opblock-summary-control').click()
      const refused = operation.locator('details', { hasText: 'all_updates_rejected' })
      await refused.waitFor()
      t.equal(await operation.locator('details[open]').count(), 0)
      const { height = 0 } = (await operation.boundingBox()) ?? {}
      t.ok(height < HIGHEST[look.width === 360 ? 360 : 1280], `${height} px at ${look.width}`)
      await refused.locator('summary').first().click()
      await refused.getByText('"code": "all_updates_rejected"').waitFor()
      t.notOk(await isTooWide(page), `too wide at ${look.width}`)
      t.same(complaints, [])
      await page.context().close()
    }
  }
)

test('Prefer: respond-async can be tried out on the API page', { skip }, async (t) => {
  const gateway = await startGateway(t)
  const { page, complaints } = await openWindow(await sharedChromium(t), gateway.origin)
  await tryOut(page, { lead_ids: [1], fields: { status: 'SALE' } }, API_KEY)
  const operation = page.locator('#operations-leads-batchUpdateLeads')
  await operation.locator('tr[data-param-name="Prefer"] select').selectOption('respond-async')
  await operation.getByRole('button', { name: 'Execute' }).click()
  const status = operation.locator('.live-responses-table .response-col_status', { hasText: '202' })
  await status.waitFor()
  t.match(await operation.locator('.live-responses-table').textContent(), /preference-applied: respond-async/)
  t.same(complaints, [])
})

test('the typed client works in a browser', { skip }, async (t) => {
  const gateway = await startGateway(t)
  const { page, complaints } = await openWindow(await sharedChromium(t), gateway.origin)
  await openClientPage(page)
  const answered = await updateFromPage(page, API_KEY, { lead_ids: [3, 99_999], fields: { status: 'DNC' } })
  t.strictSame(answered, [207, ['updated', 'not_found']])
  t.equal(gateway.sandbox.leads()[3]?.status, 'DNC')
  t.same(complaints, [])
})
