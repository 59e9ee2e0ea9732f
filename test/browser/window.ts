import axe from 'axe-core'
import type { Browser, Page } from 'playwright-core'

/** How a page is looked at. */
export interface Look {
  readonly colorScheme: 'light' | 'dark'
  /** In CSS pixels. */
  readonly width: number
}

/** At a desk and on a small phone, light and dark. */
export const LOOKS: readonly Look[] = [
  { colorScheme: 'light', width: 1280 },
  { colorScheme: 'dark', width: 360 }
]

/** A window of a browser, and what was wrong with what it showed. */
export interface Window {
  readonly page: Page
  /** Errors on the console and of scripts, and requests that went elsewhere than to the gateway. */
  readonly complaints: string[]
}

/** Far longer than anything takes that is waited for. */
const LONGEST_MS = 300_000

/** Opens a window without cookies. */
export async function openWindow(
  browser: Browser,
  origin: string,
  { colorScheme, width }: Look = { colorScheme: 'light', width: 1280 }
): Promise<Window> {
  const context = await browser.newContext({
    baseURL: origin,
    colorScheme,
    viewport: { width, height: 800 },
    reducedMotion: 'reduce'
  })
  context.setDefaultTimeout(LONGEST_MS)
  const page = await context.newPage()
  const complaints: string[] = []
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning')
      complaints.push(`${message.text()} (${message.location().url})`)
  })
  page.on('pageerror', (error) => complaints.push(String(error)))
  page.on('request', (request) => {
    const { protocol, origin: asked } = new URL(request.url())
    if (asked !== origin && protocol !== 'data:') complaints.push(`a request to ${request.url()}`)
  })
  return { page, complaints }
}

/** Signs in to the operations page. */
export async function signIn(page: Page, key: string): Promise<void> {
  await page.goto('/ops')
  await page.getByLabel('Key').fill(key)
  await page.getByRole('button', { name: 'Sign in' }).click()
}

/** What axe finds against a page as it is shown, each rule with its elements. */
export async function violationsOf(page: Page): Promise<string[]> {
  // Evaluated by the browser itself, which the page's policy does not hinder.
  await page.evaluate(axe.source)
  const { violations } = await page.evaluate<axe.AxeResults>("axe.run({ resultTypes: ['violations'] })")
  return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`)
}

/** Whether the page is wider than the window. */
export async function isTooWide(page: Page): Promise<boolean> {
  return await page.evaluate<boolean>(
    'document.documentElement.scrollWidth > document.documentElement.clientWidth'
  )
}
