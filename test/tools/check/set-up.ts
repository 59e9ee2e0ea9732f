import { strict as assert } from 'node:assert'
import { check } from '../../../src/tools/check/check.ts'
import { lineOf, summaryOf } from '../../../src/tools/check/line.ts'
import type { Step, StepId } from '../../../src/tools/check/step.ts'
import type { TestLead } from '../../../src/tools/check/test-lead/test-lead.ts'
import { loadConfig } from '../../../src/config/config.ts'
import type { User } from '../../../src/tools/sandbox/database/fixture.ts'
import { generateFixture } from '../../../src/tools/sandbox/database/generate-fixture.ts'
import { type Sandbox, type SandboxOptions, startSandbox } from '../../../src/tools/sandbox/sandbox.ts'
import { API_KEY, leaksIn, type Tester } from '../../helper.ts'

/** The password of every check, right or wrong. */
export const PASS = 'canary-s3cret'

/** A sandbox with one user, whose password is `PASS`, in the group SALES of the lists 101 and 103. */
export async function startVicidial(
  t: Tester,
  user: Partial<User> = {},
  options: SandboxOptions = {}
): Promise<Sandbox> {
  const { users, ...generated } = generateFixture(20)
  const sandbox = await startSandbox({
    fixture: {
      ...generated,
      users: users.map((api) => ({ ...api, pass: PASS, user_group: 'SALES', ...user })),
      lists: [101, 102, 103].map((list_id) => ({
        list_id,
        campaign_id: list_id === 102 ? 'CAMPB' : 'CAMPA'
      })),
      user_groups: [{ user_group: 'SALES', allowed_campaigns: ' CAMPA ' }]
    },
    ...options
  })
  t.teardown(() => sandbox.close())
  return sandbox
}

export interface Checked {
  readonly steps: readonly Step[]
  /** The output on the terminal. */
  readonly printed: string
  /** The step with this id; of an account, if given. */
  readonly step: (id: StepId, account?: string) => Step
  /** The ids of the steps with this status. */
  readonly ids: (status: Step['status']) => StepId[]
}

/** Checks a server like the command, and asserts that no output contains the password. */
export async function checkUrl(
  url: string,
  env: Record<string, string> = {},
  more: { testLead?: TestLead; now?: () => number } = {}
): Promise<Checked> {
  const settings = {
    VICIDIAL_URL: url,
    VICIDIAL_USER: 'api',
    VICIDIAL_PASS: PASS,
    VICIDIAL_TIMEOUT_MS: '2000',
    VICIDIAL_MAX_CALLS_PER_SECOND: '0',
    VICIDIAL_DB_CHARSET: 'utf8',
    API_KEY,
    ...env
  }
  let printed = ''
  const steps = await check({
    readConfig: () => loadConfig(settings),
    onStep: (step) => {
      printed += `${lineOf(step, false)}\n`
    },
    ...more
  })
  printed += summaryOf(steps)
  const secrets = [settings.VICIDIAL_PASS, API_KEY]
  assert.deepEqual(leaksIn(printed + JSON.stringify(steps), secrets), [], 'the output holds a secret')
  const step = (id: StepId, account?: string) => {
    const found = steps.find((one) => one.id === id && (account === undefined || one.account === account))
    assert.ok(found, `there is no step ${id}`)
    return found
  }
  return {
    steps,
    printed,
    step,
    ids: (status) => steps.filter((one) => one.status === status).map(({ id }) => id)
  }
}

/** How many calls with a login the sandbox received. */
export function logins(sandbox: Sandbox): number {
  return sandbox.calls().filter(({ function: name }) => name !== 'version').length
}
