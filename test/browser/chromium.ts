import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { type Browser, chromium } from 'playwright-core'
import type { Tester } from '../helper.ts'

/** A Chromium with the libraries that it needs, packed; it comes by npm, so that nothing has to be on the machine. */
const PACKAGE = resolve('node_modules/@sparticuz/chromium')
/** Its own fonts only, wherever it is unpacked. */
const FONTS = `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig><dir prefix="relative">fonts</dir><cachedir prefix="xdg">fontconfig</cachedir></fontconfig>
`
const ARGUMENTS = ['--no-sandbox', '--disable-gpu', '--disable-background-networking']

/** Why there is no Chromium on this machine; false if there is one. */
export const NO_CHROMIUM =
  process.platform === 'linux' && process.arch === 'x64'
    ? false
    : 'SKIPPED: @sparticuz/chromium is for Linux on x64 only, the browser tests have not run'

// Before there is a gateway: to unpack takes seconds in which this process does nothing else, and a gateway in it would
// refuse work.
const directory = NO_CHROMIUM === false ? unpacked() : ''

/** Starts Chromium, until the test ends. */
export async function startChromium(t: Tester): Promise<Browser> {
  const browser = await chromium.launch({
    executablePath: join(directory, 'chromium'),
    args: ARGUMENTS,
    // Its own libraries and fonts come first, so that pages look the same on every machine.
    env: {
      HOME: directory,
      LD_LIBRARY_PATH: join(directory, 'al2023/lib'),
      FONTCONFIG_PATH: join(directory, 'fonts')
    }
  })
  t.teardown(() => browser.close())
  return browser
}

/** Where it is unpacked: once for all tests, 211 MB. */
function unpacked(): string {
  const { version } = JSON.parse(readFileSync(join(PACKAGE, 'package.json'), 'utf8')) as { version: string }
  const cache = resolve('node_modules/.cache')
  const directory = join(cache, `chromium-${version}`)
  if (existsSync(directory)) return directory
  mkdirSync(cache, { recursive: true })
  const beside = mkdtempSync(join(cache, 'chromium-'))
  // It unpacks into the directory for temporary files, and its libraries where it believes to be on their system.
  execFileSync(
    process.execPath,
    ['--input-type=module', '--eval', `await (await import('@sparticuz/chromium')).default.executablePath()`],
    { env: { TMPDIR: beside, AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x' } }
  )
  writeFileSync(join(beside, 'fonts/fonts.conf'), FONTS)
  try {
    renameSync(beside, directory)
  } catch (error) {
    // Another test was quicker.
    if (!existsSync(directory)) throw error
    rmSync(beside, { recursive: true })
  }
  return directory
}
