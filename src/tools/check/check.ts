import { ConfigError } from '../../config/config-error.ts'
import type { CallerConfig, RoutePermission } from '../../callers/caller.ts'
import type { Config } from '../../config/config.ts'
import type { LeadRules } from '../../leads/server-rules.ts'
import { leadRules } from '../../config/runtime-config.ts'
import { type Account, DEFAULT_ACCOUNT } from '../../vicidial/account.ts'
import { Client } from '../../vicidial/client.ts'
import { emptyCall } from '../../vicidial/wire.ts'
import { AccountCalls } from '../account/account-calls.ts'
import { checkAddress } from './address.ts'
import { checkCertificate } from './certificate.ts'
import { checkConnection } from './connection.ts'
import { checkCustomFields } from './custom-fields.ts'
import { checkDatabase } from './database.ts'
import { checkFailedQueries } from './failed-queries.ts'
import { checkLists } from './lists.ts'
import { checkLogin } from './login.ts'
import { checkNonLatin } from './non-latin.ts'
import { checkPermission, probeOf } from './permissions.ts'
import { isAfterLogin } from '../../vicidial/reply/reply-kind.ts'
import { checkSettings } from './settings.ts'
import {
  ACCOUNT_STEPS,
  type Finding,
  ACTION_STEPS,
  READ_STEPS,
  SERVER_STEPS,
  type Step,
  StepRunner,
  TEST_LEAD_STEPS
} from './step.ts'
import { checkStoredValues } from './test-lead/stored-values.ts'
import { checkTestLead, type TestLead } from './test-lead/test-lead.ts'
import { checkClock, checkRoundTrip, medianMs, TIMED_CALLS } from './timing.ts'
import { readVersion } from '../../vicidial/reply/version-reply.ts'
import { askVersion, checkVersion } from './version.ts'

export interface CheckOptions {
  /** @throws ConfigError */
  readonly readConfig: () => Config
  /** Called after each step. */
  readonly onStep: (step: Step) => void
  readonly testLead?: TestLead
  /** Milliseconds since the epoch, for the validity of certificates and the database's clock. */
  readonly now?: () => number
}

/**
 * Checks the configuration, the connection to VICIdial and every account there, step by step. It changes nothing,
 * except two values of the test lead for a moment, if there is one. Each account logs in; a refused login is not
 * repeated.
 */
export async function check(options: CheckOptions): Promise<Step[]> {
  const steps = new StepRunner(options.onStep)
  const config = await checkConfig(steps, options.readConfig)
  if (config === undefined) {
    steps.skip(SERVER_STEPS, 'The configuration has faults.')
    return steps.done
  }
  const now = options.now ?? Date.now
  if (config.cluster) await checkDatabase(config.cluster.database, (id, run) => steps.run(id, run), now)
  const { url, timeoutMs } = config.vicidial
  const { accounts } = config
  const client = new Client({ url, connections: 1 })
  try {
    const { fault, build } = await checkServer(steps, config, accounts, client, now)
    const rules = leadRules(config.vicidial, build ?? config.vicidial.build, config.customFields)
    for (const account of accounts) {
      const calls = new AccountCalls(client, account, config.vicidial.source, timeoutMs)
      if (fault === undefined) await checkAccount(steps, config, account, calls, rules, options.testLead)
      else steps.skip(ACCOUNT_STEPS, fault, account.name)
    }
  } finally {
    await client.close()
  }
  return steps.done
}

async function checkConfig(steps: StepRunner, readConfig: () => Config): Promise<Config | undefined> {
  try {
    const config = readConfig()
    for (const detail of config.warnings)
      await steps.run('configuration', () => ({ status: 'warning', detail }))
    if (config.warnings.length === 0) {
      await steps.run('configuration', () => ({ status: 'ok', detail: 'The configuration is sound.' }))
    }
    return config
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    for (const detail of error.faults) {
      const remedy = 'See docs/configuration.md.'
      await steps.run('configuration', () => ({ status: 'fault', detail, remedy }))
    }
    return undefined
  }
}

/** Runs the checks that need no login. Returns VICIdial's build, or why the rest can't be checked. */
async function checkServer(
  steps: StepRunner,
  { vicidial }: Config,
  accounts: readonly Account[],
  client: Client,
  now: () => number
): Promise<{ readonly fault?: string; readonly build?: string }> {
  const { url, source, timeoutMs, maxLeadsPerCall } = vicidial
  const checks: (readonly [id: 'address' | 'connection' | 'certificate', run: () => Promise<Finding>])[] = [
    ['address', () => checkAddress(url)],
    ['connection', () => checkConnection(url)],
    ['certificate', () => checkCertificate(url, now)]
  ]
  for (const [id, run] of checks) {
    const { status } = await steps.run(id, run)
    if (status === 'fault') return skipRest(id)
  }
  const first = await askVersion(client, source, timeoutMs)
  await steps.run('version', () => checkVersion(first, vicidial))
  const version = readVersion(first.reply)
  if (version === undefined) return skipRest('version')
  const calls = [first]
  const [fastest] = accounts.toSorted((one, other) => other.maxConcurrency - one.maxConcurrency)
  await steps.run('round_trip', async () => {
    // The first call is not timed, as it also opened the connection.
    for (let call = 0; call < TIMED_CALLS; call++) calls.push(await askVersion(client, source, timeoutMs))
    return checkRoundTrip(calls.slice(1), fastest?.maxConcurrency ?? 1)
  })
  await steps.run('clock', () => checkClock(calls))
  const limits = { timeoutMs, maxLeadsPerCall, accounts }
  await steps.run('settings', () => checkSettings(limits, medianMs(calls.slice(1))))
  return version

  function skipRest(id: (typeof SERVER_STEPS)[number]): { readonly fault: string } {
    const fault = `Not checked, because of the fault in ${id}.`
    steps.skip(SERVER_STEPS.slice(SERVER_STEPS.indexOf(id) + 1), fault)
    return { fault }
  }
}

async function checkAccount(
  steps: StepRunner,
  config: Config,
  account: Account,
  calls: AccountCalls,
  rules: LeadRules,
  testLead: TestLead | undefined
): Promise<void> {
  const { name } = account
  const isTested = testLead !== undefined && name === DEFAULT_ACCOUNT
  const logIn = async () => {
    const reply = await calls.ask(emptyCall('batch_update_lead'))
    return { ...checkLogin(account, reply), reply }
  }
  const { reply: first } = await steps.run('login', logIn, name)
  if (!isAfterLogin(first.kind)) {
    const rest = [
      ...ACCOUNT_STEPS.slice(1),
      ...readStepsOf(config, name),
      ...actionStepsOf(config, name),
      ...(isTested ? TEST_LEAD_STEPS : [])
    ]
    const why = 'Not checked: it needs the login, which is tried only once.'
    steps.skip(rest, why, name)
    return
  }
  await steps.run('batch_update_lead', () => checkPermission('batch_update_lead', first, calls), name)
  for (const used of ['update_lead', 'lead_search'] as const) {
    const run = async () => checkPermission(used, await calls.ask(emptyCall(used)), calls)
    await steps.run(used, run, name)
  }
  for (const used of [...readStepsOf(config, name), ...actionStepsOf(config, name)]) {
    const run = async () => checkPermission(used, await calls.ask(probeOf(used)), calls)
    await steps.run(used, run, name)
  }
  await steps.run('lists', () => checkLists(calls, listsOf(config, name)), name)
  await steps.run('custom_fields', () => checkCustomFields(calls, config.customFields), name)
  await steps.run('failed_queries', () => checkFailedQueries(calls), name)
  await steps.run('non_latin', () => checkNonLatin(calls, config.vicidial.nonLatin), name)
  if (testLead !== undefined && isTested) {
    const run = () => checkTestLead(calls, testLead, config.vicidial)
    const { charset, status } = await steps.run('test_lead', run, name)
    await steps.run('db_charset', () => charset, name)
    const why = 'Not checked: it needs the right settings, and a lead that can be changed.'
    if (status !== 'ok' || charset.status !== 'ok') steps.skip(['stored_values'], why, name)
    else await steps.run('stored_values', () => checkStoredValues(calls, testLead, rules), name)
  }
}

/** The functions by which an account reads leads, according to the gateway file: for a caller, to verify, or after a lost call. */
function readStepsOf({ callers, webhooks }: Config, account: string): readonly (typeof READ_STEPS)[number][] {
  const own = callers.filter((caller) => caller.account === account)
  const ownWebhooks = webhooks.filter((one) => (one.account ?? DEFAULT_ACCOUNT) === account)
  const isReading = own.some(isReader) || ownWebhooks.some(({ options: { verify } }) => verify > 0)
  if (isReading) return READ_STEPS
  const isAdding = own.some(isAdder) || ownWebhooks.some(({ mayAdd }) => mayAdd)
  return isAdding ? ['lead_field_info'] : []
}

/** The functions by which an account queues leads and changes do-not-call numbers, according to the gateway file. */
function actionStepsOf(
  { callers, webhooks }: Config,
  account: string
): readonly (typeof ACTION_STEPS)[number][] {
  const routes = callers
    .filter((caller) => caller.account === account)
    .map(({ permissions }) => permissions.routes)
  const may = (permission: RoutePermission) => routes.some((one) => one !== '*' && one.has(permission))
  const actions = webhooks
    .filter((one) => (one.account ?? DEFAULT_ACCOUNT) === account)
    .map((endpoint) => endpoint.actions)
  const queues = may('hopper') || actions.some(({ hopper }) => typeof hopper === 'object')
  const adds = may('dnc') || actions.some(({ dnc }) => dnc !== undefined)
  return ACTION_STEPS.filter(
    (step) =>
      (step === 'hopper_bulk_insert' && queues) ||
      (step === 'add_dnc_phone' && adds) ||
      (step === 'delete_dnc_phone' && may('dnc'))
  )
}

function isReader({ permissions: { routes }, verify = 0 }: CallerConfig): boolean {
  return verify > 0 || (routes !== '*' && routes.has('read'))
}

function isAdder({ permissions: { routes } }: CallerConfig): boolean {
  return routes !== '*' && routes.has('add')
}

/** The lists that an account's callers may move or add leads to, according to the gateway file. */
function listsOf({ callers }: Config, account: string): string[] {
  const lists = callers
    .filter((caller) => caller.account === account)
    .flatMap(({ permissions: { updates } }) => [updates.lists, updates.addLists])
    .flatMap((allowed) => (allowed === '*' ? [] : [...allowed]))
  return [...new Set(lists)]
}
