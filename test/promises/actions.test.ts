import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import { test } from 'tap'
import { batch, call, type Gateway, startGateway } from '../helper.ts'
import type { FaultName } from '../../src/tools/sandbox/server/faults.ts'

/** Faults that a call is repeated after; one that lasts leaves open what was done. */
const FAULTS: readonly FaultName[] = [
  ...(['reset_before', 'reset_after', 'hang', 'hang_after', '500', '500_after_success'] as const),
  ...(['html', 'truncate', 'truncate_clean', 'api_log_unwritable'] as const)
]
/** The calls that may fail, by their function and parameter. */
const CALLS = [
  { function: 'batch_update_lead' },
  { function: 'hopper_bulk_insert' },
  { function: 'add_dnc_phone' },
  { function: 'delete_dnc_phone' },
  { function: 'update_lead', parameter: 'callback' },
  { function: 'update_lead', parameter: 'remove_from_hopper' }
] as const
const LEADS = [1, 2, 3]
const TIMES = ['2030-01-02T10:00:00Z', '2030-02-03T11:00:00Z']

interface Sent {
  readonly lead_id: number
  readonly fields?: object
  readonly hopper?: 'remove' | object
  readonly callback?: 'remove' | { readonly at: string }
  readonly dnc?: true
}

const updates = fc.array(
  fc.record<Sent, 'lead_id' | 'hopper'>(
    {
      lead_id: fc.constantFrom(...LEADS),
      fields: fc.constantFrom({ status: 'A' }, { status: 'B' }),
      hopper: fc.constantFrom<Exclude<Sent['hopper'], undefined>>('remove', {}),
      callback: fc.constantFrom<Exclude<Sent['callback'], undefined>>(
        'remove',
        ...TIMES.map((at) => ({ at, campaign_id: 'CAMPA' }))
      ),
      dnc: fc.constant<true>(true)
    },
    { requiredKeys: ['lead_id', 'hopper'], noNullPrototype: true }
  ),
  { minLength: 1, maxLength: 6 }
)

const GONE = 'gone'
/** What each thing can be by the results so far: a lead in the hopper, its callback, its number. */
type Possible = Map<string, Set<string>>

/** Notes what a result says: `value` is what is there afterwards. A twin has the result of an equal update before it. */
function note(
  possible: Possible,
  name: string,
  result: string | undefined,
  value: string,
  twin = false
): string | undefined {
  const before = possible.get(name) ?? new Set([GONE])
  switch (result) {
    // Not reached, or certainly not done.
    case undefined:
    case 'failed':
      return undefined
    case 'unknown':
      possible.set(name, before.union(new Set([value])))
      return undefined
    case 'added':
      possible.set(name, new Set([value]))
      return twin || before.has(GONE) ? undefined : `${name} says added, but was there`
    case 'already_there':
    case 'updated':
    case 'removed':
    case 'not_there':
      possible.set(name, new Set([value]))
      return undefined
    default:
      return `${name} says ${result}`
  }
}

function phoneOf(lead: number): string {
  return String(2_125_550_000 + lead)
}

/** What VICIdial's tables hold. */
function held({ sandbox }: Gateway): Map<string, string> {
  const tables = sandbox.tables()
  return new Map([
    ...(tables['vicidial_hopper'] ?? []).map((row): [string, string] => [
      `hopper ${row['lead_id']}`,
      'there'
    ]),
    ...(tables['vicidial_callbacks'] ?? []).map((row): [string, string] => [
      `callback ${row['lead_id']}`,
      String(row['callback_time'])
    ]),
    ...(tables['vicidial_dnc'] ?? []).map((row): [string, string] => [`dnc ${row['phone_number']}`, 'there'])
  ])
}

test('VICIdial holds what the results of hopper, callback and dnc say, whatever fails', async (t) => {
  const gateway = await startGateway(
    t,
    { VICIDIAL_TIMEOUT_MS: '300', REQUEST_DEADLINE_MS: '5000' },
    { leads: 5 }
  )
  const seen = new Set<string>()
  const fault = fc.record({
    name: fc.constantFrom(...FAULTS),
    of: fc.constantFrom(...CALLS),
    calls: fc.constantFrom(1, 1, 2, 4)
  })
  await fc.assert(
    fc.asyncProperty(updates, fault, fc.subarray(LEADS), async (sent, { name, of, calls }, removed) => {
      gateway.sandbox.reset()
      gateway.sandbox.fail(name, { calls, ...of })
      const answer = await batch(gateway, { updates: sent })
      const wrong: (string | undefined)[] = []
      const possible: Possible = new Map()
      const results: any[] = answer.body.results
      for (const [index, { lead_id: lead, hopper, callback, dnc }] of sent.entries()) {
        const result = results[index]
        const twin = sent.slice(0, index).some((other) => isDeepStrictEqual(other, sent[index]))
        for (const end of [result.hopper, result.callback, result.dnc]) seen.add(end)
        const added = hopper === 'remove' ? GONE : 'there'
        wrong.push(note(possible, `hopper ${lead}`, result.hopper, added, twin))
        if (callback !== undefined) {
          const at = callback === 'remove' ? GONE : callback.at.slice(0, 19).replace('T', ' ')
          wrong.push(note(possible, `callback ${lead}`, result.callback, at, twin))
        }
        if (dnc) wrong.push(note(possible, `dnc ${phoneOf(lead)}`, result.dnc, 'there', twin))
      }
      for (const lead of removed) {
        const { body } = await call(gateway, 'DELETE', `/v1/dnc/${phoneOf(lead)}`)
        const [result = body] = body.results ?? []
        seen.add(result.dnc)
        const end = result.status === 'unknown' ? 'unknown' : result.dnc
        wrong.push(note(possible, `dnc ${phoneOf(lead)}`, end, GONE))
      }
      const now = held(gateway)
      for (const [thing, values] of possible) {
        const is = now.get(thing) ?? GONE
        if (!values.has(is)) wrong.push(`${thing} is ${is}, and not ${[...values].join(' or ')}`)
      }
      for (const thing of now.keys()) if (!possible.has(thing)) wrong.push(`${thing} is there`)
      const falsehoods = wrong.filter((one) => one !== undefined)
      if (falsehoods.length > 0)
        throw new Error(`${falsehoods.join('; ')}: ${JSON.stringify({ name, of, calls, sent, results })}`)
    }),
    { numRuns: 40 }
  )
  t.ok(seen.has('added') && seen.has('removed') && seen.has('not_there'), [...seen].join())
})
