import fc from 'fast-check'
import { test } from 'tap'
import type { CallReply } from '../../src/vicidial/call-reply.ts'
import type { CallContext, Exchanged } from '../../src/vicidial/exchange/call-runner.ts'
import { steadyNow } from '../../src/steady-clock.ts'
import { Proof } from '../../src/vicidial/proof/proof.ts'
import { Witness } from '../../src/vicidial/proof/witness.ts'
import type { Call } from '../../src/vicidial/wire.ts'
import type { Tester } from '../helper.ts'
import { settled, stoppedClock } from '../stopped-clock.ts'
import { type FailingDatabase, type Table, vicidialOnPhp7 } from './failing-database.ts'
import { upstreamWith } from './upstream.ts'

const START = Date.parse('2026-01-02T03:04:05.000Z')
const LONG_MS = 3_600_000
const MINUTE_MS = 60_000
/** Exists; no check asks for it unless it was found before. */
const LEAD = 777_777
/** Exists, as in any VICIdial with many leads, and is asked for by each check. */
const SAMPLED = 1_000
const MISSING = 999

/** An exchange with a VICIdial on PHP 7; `gone` are the tables whose SELECTs fail. */
function exchangeWith(
  t: Tester,
  options: Partial<FailingDatabase> & {
    readonly knownLeads?: readonly number[]
    readonly isFork?: boolean
    readonly forMs?: number
  } = {}
) {
  const { knownLeads = [], isFork = false, forMs = LONG_MS, ...database } = options
  const gone = new Set<Table>()
  const { client, calls } = vicidialOnPhp7({
    leads: new Set([LEAD, SAMPLED]),
    lists: new Set(['101', '999']),
    isGone: (table) => gone.has(table),
    delays: () => [0, 0],
    ...database
  })
  const { exchange, close } = upstreamWith(client, {
    probes: { version: async () => 'alive', login: async () => 'good' },
    maxConcurrency: 4,
    timeoutMs: MINUTE_MS,
    knownLeads,
    isChecked: !isFork
  })
  t.teardown(close)
  const context = (): CallContext => ({
    source: 'crm',
    deadline: steadyNow() + forMs,
    log: { info: () => {} },
    onSent: () => {}
  })
  return {
    gone,
    calls,
    update: (...leads: number[]) => exchange.update(call(leads, { status: 'SALE' }), context()),
    move: (list: string, ...leads: number[]) =>
      exchange.update(call(leads, { list_id_field: list, list_exists_check: 'Y' }), context()),
    search: (...keys: string[]) => exchange.search('vendor_lead_code', keys, context())
  }
}

function call(leads: readonly number[], params: Readonly<Record<string, string>>): Call {
  const changes = { function: 'batch_update_lead' as const, params, key: '', stored: {}, warnings: [] }
  return { function: 'batch_update_lead', leads: leads.map((lead) => ({ lead, changes })) }
}

function inShort({ reply }: Exchanged<{ readonly kind: string }>): string {
  return 'code' in reply ? `${reply.kind} ${reply.code}` : reply.kind
}

const UNPROVEN = 'unproven upstream_unproven'

test('while the lead table is gone nothing is "not found", and afterwards it is again', async (t) => {
  const { pass } = stoppedClock(t, START)
  const { gone, update, search } = exchangeWith(t)
  t.equal(inShort(await update(LEAD)), 'updated')
  gone.add('leads')
  t.equal(inShort(await update(LEAD)), UNPROVEN)
  t.equal(inShort(await search(String(LEAD))), UNPROVEN)
  t.equal(inShort(await update(MISSING)), UNPROVEN)
  gone.delete('leads')
  await pass(MINUTE_MS)
  t.equal(inShort(await update(LEAD)), 'updated')
  t.equal(inShort(await search(String(LEAD))), 'found')
  t.equal(inShort(await update(MISSING)), 'not_found')
  t.equal(inShort(await search(String(MISSING))), 'not_found')
})

test('while no lead is known nothing is "not found", however long VICIdial finds nothing', async (t) => {
  const { pass } = stoppedClock(t, START)
  const { update, search } = exchangeWith(t, { leads: new Set() })
  for (let asked = 0; asked < 3; asked++) {
    t.equal(inShort(await update(MISSING)), UNPROVEN)
    t.equal(inShort(await search(String(MISSING))), UNPROVEN)
    await pass(LONG_MS)
  }
})

test('a lead that was known before the start proves that VICIdial can find', async (t) => {
  const leads = new Set([LEAD])
  t.equal(inShort(await exchangeWith(t, { leads }).update(MISSING)), UNPROVEN)
  t.equal(inShort(await exchangeWith(t, { leads, knownLeads: [LEAD] }).update(MISSING)), 'not_found')
})

test('without time to ask once more nothing is "not found", and nobody is sent to look for a broken database', async (t) => {
  const { pass } = stoppedClock(t, START)
  const { calls, update } = exchangeWith(t, { delays: () => [0, 1_000], forMs: 1_500 })
  const exchanged = update(MISSING)
  await pass(3_000, 500)
  const { reply } = await exchanged
  t.match(reply, { kind: 'unproven', detail: /could not be asked once more\. Nothing was changed/ })
  t.equal(calls.length, 2, 'one about another lead, and none more about this one')
})

test('what a fork does not find is provisional, as it cannot be checked', async (t) => {
  const { calls, update } = exchangeWith(t, { isFork: true })
  const exchanged = await update(MISSING)
  t.equal(inShort(exchanged), 'not_found')
  t.equal(exchanged.isProvisional, true)
  t.equal(calls.length, 1)
})

test('custom fields that VICIdial does not find are provisional, whether or not the lead was updated', async (t) => {
  const checks = { leads: async () => 'found' as const, lists: async () => 'found' as const }
  const basis = 'custom_fields'
  const replies: CallReply[] = [
    { kind: 'updated', leads: new Set([LEAD]), customFields: 'not_defined', basis },
    { kind: 'refused', code: 'field_unknown', detail: 'none', basis }
  ]
  for (const reply of replies) {
    const proof = new Proof({ checks, knownLeads: [] }).ofCall()
    t.equal(await proof.judge(reply, { function: 'update_lead' }, 0), 'provisional')
  }
})

test('after a close nobody waits for a check', async (t) => {
  stoppedClock(t, START)
  let checks = 0
  const witness = new Witness(async () => {
    checks++
    return 'unsure'
  }, 1)
  for (let asked = 0; asked < 5; asked++) await witness.ask()
  const throttled = witness.ask()
  witness.close()
  t.equal(await throttled, 'missing')
  t.equal(await witness.ask(), 'missing')
  t.equal(checks, 5)
})

test('a gateway that has just started finds out by itself that VICIdial can find', async (t) => {
  const { calls, update } = exchangeWith(t)
  t.equal(inShort(await update(MISSING)), 'not_found')
  t.equal(calls.length, 3, 'asked, checked, and asked again')
})

test('a call that finds some of its leads proves that it can find: nothing is checked', async (t) => {
  const { calls, update, search } = exchangeWith(t)
  t.equal(inShort(await update(MISSING, LEAD)), 'updated')
  t.equal(inShort(await search(String(MISSING), String(LEAD))), 'found')
  t.equal(calls.length, 2)
})

test('calls with wrong ids are made twice, and cause a check a second', async (t) => {
  const { pass } = stoppedClock(t, START)
  const { calls, update } = exchangeWith(t)
  t.equal(inShort(await update(LEAD)), 'updated')
  const ended: string[] = []
  const SECONDS = 60
  for (let n = 0; n < SECONDS * 10; n++) {
    void update(MISSING).then((exchanged) => ended.push(inShort(exchanged)))
    await pass(100)
  }
  await pass(5_000)
  t.strictSame(ended, Array(SECONDS * 10).fill('not_found'))
  const checks = calls.length - SECONDS * 10 * 2
  t.ok(checks <= SECONDS * 1.1 + 10, `${checks} checks in a minute`)
})

test('a list is unknown only to a VICIdial that knows another', async (t) => {
  const { pass } = stoppedClock(t, START)
  const { gone, move } = exchangeWith(t)
  t.equal(inShort(await move('101', LEAD)), 'updated')
  t.equal(inShort(await move('555', LEAD)), 'refused list_not_found')
  gone.add('lists')
  await pass(MINUTE_MS)
  t.equal(inShort(await move('101', LEAD)), UNPROVEN)
  t.equal(inShort(await move('555', LEAD)), UNPROVEN)
  gone.delete('lists')
  await pass(MINUTE_MS)
  t.equal(inShort(await move('101', LEAD)), 'updated')
  t.equal(inShort(await move('555', LEAD)), 'refused list_not_found')
})

test('without a list that is known to exist, an unknown one is asked for twice and is provisional', async (t) => {
  const { calls, move } = exchangeWith(t, { lists: new Set() })
  const exchanged = await move('555', LEAD)
  t.equal(inShort(exchanged), 'refused list_not_found')
  t.equal(exchanged.isProvisional, true)
  t.equal(calls.filter(({ list_id_field: list }) => list === '555').length, 2)
})

/** Times at which a table goes and comes back, in milliseconds. It stays for two seconds or more. */
const outages = fc
  .array(fc.tuple(fc.integer({ min: 2_000, max: 30_000 }), fc.integer({ min: 1, max: 30_000 })), {
    minLength: 1,
    maxLength: 4
  })
  .map((spans) => {
    let at = 0
    return spans.map(([beside, lasts]) => ({ from: (at += beside), to: (at += lasts) }))
  })
/** Calls: how long after the one before, and for which lead. */
const asked = fc.array(
  fc.record({
    after: fc.oneof(fc.integer({ min: 0, max: 50 }), fc.integer({ min: 0, max: 5_000 })),
    lead: fc.constantFrom(LEAD, LEAD, MISSING),
    isSearch: fc.boolean()
  }),
  { minLength: 1, maxLength: 40 }
)
const delays = fc.infiniteStream(fc.tuple(fc.nat(120), fc.nat(120)))

test('whenever the lead table goes, and for however long, a lead that exists is never "not found"', async (t) => {
  const { pass } = stoppedClock(t, START)
  const property = fc.asyncProperty(outages, asked, delays, async (gaps, wanted, times) => {
    const start = Date.now()
    const isGone = (table: Table) =>
      table === 'leads' && gaps.some(({ from, to }) => Date.now() - start >= from && Date.now() - start < to)
    const { update, search } = exchangeWith(t, { isGone, delays: () => times.next().value ?? [0, 0] })
    const ended: Promise<readonly [lead: number, said: string]>[] = []
    for (const { after, lead, isSearch } of wanted) {
      await pass(after, 100)
      const exchanged = isSearch ? search(String(lead)) : update(lead)
      ended.push(exchanged.then((one) => [lead, inShort(one)] as const))
    }
    await pass(10_000, 100)
    for (const [lead, said] of await Promise.all(ended)) {
      const isRight =
        lead === LEAD ? ['updated', 'found', UNPROVEN].includes(said) : ['not_found', UNPROVEN].includes(said)
      if (!isRight) throw new Error(`lead ${lead} is ${said}`)
    }
    await settled()
  })
  await fc.assert(property, { numRuns: 60 })
})
