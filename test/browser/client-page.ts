import { readFileSync } from 'node:fs'
import { stripTypeScriptTypes } from 'node:module'
import type { Page } from 'playwright-core'

const HTML = `<!doctype html><link rel="icon" href="data:,">
<script type="importmap">{ "imports": { "openapi-fetch": "./openapi-fetch.js" } }</script>`

/** Opens a page that has the typed client, and nothing of Node. */
export async function openClientPage(page: Page): Promise<void> {
  const read = (path: string) => readFileSync(path, 'utf8')
  const files: Record<string, readonly [type: string, content: string]> = {
    '/client-page/': ['text/html', HTML],
    '/client-page/client.js': ['text/javascript', stripTypeScriptTypes(read('src/client/client.ts'))],
    '/client-page/openapi-fetch.js': ['text/javascript', read('node_modules/openapi-fetch/dist/index.mjs')]
  }
  await page.route('/client-page/**', async (route) => {
    const [contentType, body] = files[new URL(route.request().url()).pathname] ?? ['text/plain', '']
    await route.fulfill({ contentType, body })
  })
  await page.goto('/client-page/')
}

/** Sends a batch with the client of the page. Returns the status, and that of each result. */
export async function updateFromPage(page: Page, key: string, body: object): Promise<unknown> {
  const options = JSON.stringify({ key })
  const request = JSON.stringify({ params: { header: { 'Idempotency-Key': 'from-a-page' } }, body })
  return await page.evaluate(`(async () => {
    const { createClient } = await import('./client.js')
    const client = createClient({ url: location.origin, ...${options} })
    const { data, response } = await client.POST('/v1/leads/batch-update', ${request})
    return [response.status, data.results.map(({ status }) => status)]
  })()`)
}
