import type { Locator, Page } from 'playwright-core'

/**
 * Tries out a batch on the page of the API, with a key or as it is authorized already. Resolves with the operation on
 * the page once there is an answer.
 */
export async function tryOut(page: Page, body: object, key?: string): Promise<Locator> {
  const operation = page.locator('#operations-leads-batchUpdateLeads')
  if (!page.url().includes('/docs')) {
    await page.goto('/docs')
    await operation.locator('.opblock-summary-control').click()
    await operation.getByRole('button', { name: 'Try it out' }).click()
  }
  if (key !== undefined) await authorize(page, key)
  const clear = operation.getByRole('button', { name: 'Clear' })
  if (await clear.isVisible()) await clear.click()
  await operation.locator('.body-param__text').fill(JSON.stringify(body))
  await operation.getByRole('button', { name: 'Execute' }).click()
  await operation.locator('.live-responses-table').waitFor()
  return operation
}

async function authorize(page: Page, key: string): Promise<void> {
  await page.getByRole('button', { name: 'Authorize' }).click()
  const dialog = page.locator('.modal-ux')
  await dialog.getByLabel('auth-bearer-value').fill(key)
  await dialog.getByRole('button', { name: 'Apply credentials' }).first().click()
  await dialog.getByRole('button', { name: 'Close' }).last().click()
}
