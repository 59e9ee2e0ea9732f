import { setImmediate as turn } from 'node:timers/promises'
import { test } from 'tap'
import { RELEASES, rulesOf } from '../../src/tools/sandbox/api/builds.ts'
import type { Php } from '../../src/tools/sandbox/api/php.ts'
import type { Call } from '../../src/tools/sandbox/server/call-log.ts'
import type { FaultName } from '../../src/tools/sandbox/server/faults.ts'
import { batch, call, dataDir, type Gateway, openApi, startGateway, type Tester } from '../helper.ts'
import { store } from '../routes/jobs-of.ts'
import { generateFixture } from '../../src/tools/sandbox/database/generate-fixture.ts'
import { stoppedClock } from '../stopped-clock.ts'

const FAULTS: readonly FaultName[] = [
  'leads_gone',
  'database_down',
  'database_lost',
  'leads_read_only',
  'settings_gone',
  'api_log_unwritable'
]
const STEP_MS = 1_000
/** Lead 9,999 does not exist; the others do. */
const MISSING = 9_999
const LEADS = [1, 2, 3]
/** A lead whose updates callers wait for. */
const AT_ONCE = 5

const ENV = { RETRY_FIRST_PAUSE_MS: '1000', RETRY_LONGEST_PAUSE_MS: '4000', LOG_LEVEL: 'warn' }
/** As outside of tests: here the clock is moved. */
const OPTIONS = { checkEveryMs: 1_000 }
const SECONDS_3 = 3_000
const MINUTE_MS = 60_000

interface Scenario {
  readonly build: string
  readonly php: Php
  /** How long each lasts, in milliseconds. */
  readonly faults: readonly (readonly [fault: FaultName, ms: number])[]
}

const [NEWEST] = RELEASES
/** The newest release on both PHPs with every fault, and each release on PHP 7 without its leads for a while. */
const SOME: readonly Scenario[] = [
  ...([7, 8] as const).map((php) => ({
    build: NEWEST.build,
    php,
    faults: [['leads_gone', MINUTE_MS] as const, ...FAULTS.map((fault) => [fault, SECONDS_3] as const)]
  })),
  { build: '220126-2116', php: 8, faults: [['leads_gone', SECONDS_3]] },
  ...RELEASES.map(({ build }) => ({ build, php: 7 as const, faults: [['leads_gone', SECONDS_3]] as const }))
]

/** Every fault, of every release, on each PHP that it runs on. */
const ALL: readonly Scenario[] = RELEASES.flatMap(({ build }) =>
  ([7, 8] as const)
    .filter((php) => php === 7 || rulesOf(build).runsOnPhp8)
    .map((php) => ({
      build,
      php,
      faults: [...FAULTS, ...FAULTS].map(
        (fault, n) => [fault, n < FAULTS.length ? SECONDS_3 : MINUTE_MS] as const
      )
    }))
)
const SCENARIOS = process.env['BROKEN_DATABASE'] === 'all' ? ALL : SOME

/** The statuses that VICIdial got for a lead in calls that it made, in order. */
function statusesOf(lead: number, calls: readonly Call[]): string[] {
  return calls
    .filter(({ fault }) => fault === undefined || fault === 'api_log_unwritable')
    .filter(({ params: { lead_ids = '' } }) => lead_ids.split(',').includes(String(lead)))
    .map(({ params: { status = '' } }) => status)
    .filter((status) => status.startsWith('S'))
}

/** A lead by its code, or by its id on the build that has no look-ups. */
function named(lead: number, build: string) {
  return rulesOf(build).hasLeadSearch ? { vendor_lead_code: `CRM-${lead}` } : { lead_id: lead }
}

/** Updates of every kind, of each lead; `n` tells which round they are of. */
function updates(leads: readonly number[], n: number, build: string) {
  return leads.flatMap((lead) => [
    { lead_id: lead, fields: { status: `S${n}` } },
    { ...named(lead, build), fields: { city: `City ${n}` } },
    { lead_id: lead, fields: { phone_number: String(2_125_550_000 + n) } }
  ])
}

/** Stops the clock; moves it on until something has happened. */
function movedClock(t: Tester) {
  const { tick } = stoppedClock(t)
  const move = async (ms: number) => {
    for (let moved = 0; moved < ms; moved += STEP_MS) {
      for (let turns = 0; turns < 30; turns++) await turn()
      tick(STEP_MS)
    }
  }
  /** Moves the clock on until `promise` is settled; returns its value. */
  const moving = async <T>(promise: Promise<T>): Promise<T> => {
    let isSettled = false
    const settle = () => void (isSettled = true)
    promise.then(settle, settle)
    while (!isSettled) await move(STEP_MS)
    return promise
  }
  /** The job's results once it has ended. */
  const resultsOf = async (gateway: Gateway, job: string) => {
    for (;;) {
      const { body } = await call(gateway, 'GET', `/v1/jobs/${job}`)
      if (body.finished_at !== undefined) return body.results as { status: string }[]
      await move(5 * STEP_MS)
    }
  }
  return { move, moving, resultsOf }
}

test('while the database is broken nothing ends with a false result, and afterwards all that was stored arrives', async (t) => {
  // Made while the clock runs: every answer is checked against it.
  await openApi()
  const { move, moving, resultsOf } = movedClock(t)
  for (const { build, php, faults } of SCENARIOS) {
    await t.test(`build ${build} on PHP ${php}`, async (t) => {
      const gateway = await startGateway(t, ENV, { build, php, leads: 10 }, OPTIONS)
      const { sandbox } = gateway
      for (const [fault, forMs] of faults) {
        const known = await moving(batch(gateway, { lead_ids: LEADS, fields: { status: 'NEW' } }))
        t.equal(known.status, 200, `before ${fault}`)

        sandbox.fail(fault, { calls: Number.POSITIVE_INFINITY })
        const before = sandbox.calls().length
        const missing = await moving(
          store(gateway, { updates: [{ lead_id: MISSING, fields: { status: 'A' } }] })
        )
        const jobs: string[] = []
        const rounds = [1, 2, 3]
        for (const n of rounds) {
          jobs.push(await moving(store(gateway, { updates: updates(LEADS, n, build) })))
          const { body } = await moving(batch(gateway, { updates: updates([AT_ONCE], n, build) }))
          for (const { status, error } of body.results) {
            const isTrue = status === 'updated' || error.retryable === true
            if (!isTrue) t.fail(`${fault}: ${status} ${JSON.stringify(error)}`)
          }
          await move(forMs / rounds.length)
        }
        sandbox.fail(fault, { calls: 0 })

        const statuses = new Set<string>()
        for (const job of jobs) for (const { status } of await resultsOf(gateway, job)) statuses.add(status)
        t.strictSame([...statuses].toSorted(), ['updated'], `${fault} for ${forMs} ms`)
        const held = LEADS.map((lead) => sandbox.leads()[lead])
        t.strictSame(
          held.map((lead) => [lead?.status, lead?.city, lead?.phone_number]),
          LEADS.map(() => ['S3', 'City 3', '2125550003']),
          `the newest update of each lead came last, after ${fault}`
        )
        for (const lead of LEADS) {
          const made = statusesOf(lead, sandbox.calls().slice(before))
          t.strictSame(made, made.toSorted(), `lead ${lead}: no older update after a newer one, at ${fault}`)
        }
        const [never] = await resultsOf(gateway, missing)
        t.equal(never?.status, 'not_found', `stored during ${fault}`)
        const wrong = await moving(batch(gateway, { lead_ids: [MISSING], fields: { status: 'A' } }))
        t.strictSame(wrong.body.results[0].status, 'not_found', `after ${fault}`)
      }
    })
  }
})

test('a gateway that restarts while the lead table is gone ends nothing with a false result', async (t) => {
  await openApi()
  const { move, moving, resultsOf } = movedClock(t)
  /** Only this lead exists, and no check asks for it unless it is known. */
  const lead = 777_777
  const { leads, ...fixture } = generateFixture(1)
  const env = { ...ENV, DATA_DIR: dataDir(t) }
  const vicidial = {
    php: 7,
    fixture: { ...fixture, leads: leads.map((one) => ({ ...one, lead_id: lead })) }
  } as const
  const before = await startGateway(t, env, vicidial, OPTIONS)
  const { sandbox } = before
  const update = (lead_id: number, status: string) => ({ updates: [{ lead_id, fields: { status } }] })
  const first = await moving(store(before, update(lead, 'S1')))
  t.match(await resultsOf(before, first), [{ status: 'updated' }])
  sandbox.fail('leads_gone', { calls: Number.POSITIVE_INFINITY })
  await moving(before.app.close())

  const gateway = await startGateway(t, { ...env, VICIDIAL_URL: sandbox.url }, {}, OPTIONS)
  const missing = await moving(store(gateway, update(MISSING, 'A')))
  const second = await moving(store(gateway, update(lead, 'S2')))
  await move(30 * MINUTE_MS)
  sandbox.fail('leads_gone', { calls: 0 })
  t.match(await resultsOf(gateway, second), [{ status: 'updated' }])
  t.equal(sandbox.leads()[lead]?.status, 'S2')
  t.match(await resultsOf(gateway, missing), [{ status: 'not_found' }])
})
