import type { Test } from 'tap'
import type { Fixture } from '../../../src/tools/sandbox/database/fixture.ts'
import { generateFixture } from '../../../src/tools/sandbox/database/generate-fixture.ts'
import { type Sandbox, type SandboxOptions, startSandbox } from '../../../src/tools/sandbox/sandbox.ts'

export interface Calling {
  readonly sandbox: Sandbox
  /** Makes a call as `api`. Returns the reply, after its HTTP status if that is not 200. */
  readonly call: (params: Readonly<Record<string, string>>) => Promise<string>
}

/**
 * Starts a sandbox and stops it after the test.
 *
 * @param tables of the fixture, where they differ from those that are generated for 3 leads
 */
export async function startCalling(
  t: Test,
  tables: Partial<Fixture> = {},
  options: SandboxOptions = {}
): Promise<Calling> {
  const sandbox = await startSandbox({ fixture: { ...generateFixture(3), ...tables }, ...options })
  t.teardown(() => sandbox.close())
  const call = async (params: Readonly<Record<string, string>>) => {
    const login = { source: 'crm', user: 'api', pass: 's3cret' }
    const body = new URLSearchParams({ ...login, ...params, records: params['records'] ?? '1' })
    const response = await fetch(sandbox.url, { method: 'POST', body })
    return `${response.status === 200 ? '' : `${response.status} `}${await response.text()}`
  }
  return { sandbox, call }
}
