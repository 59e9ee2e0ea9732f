import { test } from 'tap'
import { API_KEY, startGateway } from '../helper.ts'
import { NO_CHROMIUM, startChromium } from './chromium.ts'
import { openWindow } from './window.ts'

const skip = NO_CHROMIUM

test('on the page of the API a batch is tried out with a key, and answered', { skip }, async (t) => {
  const gateway = await startGateway(t)
  const { page, complaints } = await openWindow(await startChromium(t), gateway.origin)
  await page.goto('/docs')
  const batch = page.locator('#operations-leads-batchUpdateLeads')
  const answered = batch.locator('.live-responses-table .response-col_status')
  const tryOut = async (body: object) => {
    await batch.locator('.body-param__text').fill(JSON.stringify(body))
    await batch.getByRole('button', { name: 'Execute' }).click()
  }

  await batch.locator('.opblock-summary-control').click()
  await batch.getByRole('button', { name: 'Try it out' }).click()
  await tryOut({ lead_ids: [1], fields: { status: 'SALE' } })
  await answered.getByText('401').waitFor()
  t.match(complaints.splice(0), [/status of 401/])

  await page.getByRole('button', { name: 'Authorize' }).click()
  const dialog = page.locator('.modal-ux')
  await dialog.getByLabel('auth-bearer-value').fill(API_KEY)
  await dialog.getByRole('button', { name: 'Apply credentials' }).first().click()
  await dialog.getByRole('button', { name: 'Close' }).last().click()

  await tryOut({ lead_ids: [1, 2], fields: { status: 'SALE' } })
  await answered.getByText('200').waitFor()
  t.match(await batch.locator('.live-responses-table').textContent(), /"received": 2,\s+"updated": 2/)
  t.equal(gateway.sandbox.leads()[2]?.status, 'SALE')

  await tryOut({ lead_ids: [1, 99_999], fields: { status: 'SALE' } })
  await answered.getByText('207').waitFor()
  t.match(await batch.locator('.live-responses-table').textContent(), /"code": "lead_not_found"/)
  t.same(complaints, [])
})
