import type { Browser } from 'playwright-core'
import { t as root } from 'tap'
import type { Tester } from '../helper.ts'
import { startChromium } from './chromium.ts'

let shared: Promise<Browser> | undefined

/** The browser of all tests of this process, whose windows are closed when the test ends. */
export async function sharedChromium(t: Tester): Promise<Browser> {
  const browser = await (shared ??= startChromium(root))
  t.teardown(() => Promise.all(browser.contexts().map((context) => context.close())))
  return browser
}
