import fc from 'fast-check'
import { test } from 'tap'
import { gatewayFile } from '../gateway-file.ts'
import { batch, call, type Gateway, startGateway } from '../helper.ts'
import { until } from '../until.ts'
import type { Lead } from '../../src/tools/sandbox/database/fixture.ts'
import { generateFixture } from '../../src/tools/sandbox/database/generate-fixture.ts'
import type { FaultName } from '../../src/tools/sandbox/server/faults.ts'

/** Shorter than the pause of `insert_late`: such a call is given up, and adds its lead all the same. */
const TIMEOUT_MS = 40
/** Faults after which it is not known whether the lead was added, and one that only delays it. */
const FAULTS: readonly FaultName[] = [
  ...(['reset_before', 'reset_after', 'hang', 'hang_after', '500', '500_after_success'] as const),
  ...(['html', 'truncate', 'truncate_clean', 'api_log_unwritable', 'insert_late'] as const)
]

/** One update of a run. Its tag is in the new lead's `source_id`, its number in `rank`. */
interface Sent {
  readonly key: { readonly vendor_lead_code: string } | { readonly phone_number: string }
  readonly tag: string
  readonly number: number
  readonly adds: boolean
}

interface Request {
  readonly updates: readonly Sent[]
  readonly caller: 'crm' | 'shop'
  readonly isStored: boolean
}

function updateOf({ key, tag, number, adds }: Sent, codeOf: ReadonlyMap<string, string>): object {
  const update = { ...key, fields: { rank: number } }
  if (!adds) return update
  const phone = 'phone_number' in key ? key.phone_number : ''
  const add = 'phone_number' in key ? {} : { phone_number: codeOf.get(key.vendor_lead_code) }
  const fields = { source_id: tag, ...(phone === '' ? {} : { vendor_lead_code: `P${phone}` }) }
  return { ...update, on_missing: 'add', add: { list_id: 101, phone_code: '1', ...add, fields } }
}

async function send(
  gateway: Gateway,
  { updates, caller, isStored }: Request,
  codes: ReadonlyMap<string, string>
): Promise<any[]> {
  const body = { updates: updates.map((update) => updateOf(update, codes)) }
  const headers = { authorization: `Bearer ${caller}-key` }
  const answer = await batch(gateway, body, isStored ? { ...headers, prefer: 'respond-async' } : headers)
  if (!isStored) return answer.body.results
  return until('the job has ended', async () => {
    const job = await call(gateway, 'GET', answer.body.links.self, undefined, headers)
    return job.body.finished_at !== undefined && job.body.results
  })
}

/** What is wrong with the results of a run, by VICIdial's table. */
function falsehoods(
  requests: readonly Request[],
  results: readonly any[][],
  leads: readonly Lead[]
): string[] {
  const wrong: string[] = []
  const sent = requests.flatMap(({ updates }) => updates)
  const all = results.flat()
  const ended = sent.map((update, position) => ({ update, result: all[position] }))
  const byKey = Map.groupBy(ended, ({ update }) => JSON.stringify(update.key))
  for (const [key, ofKey] of byKey) {
    const [name = '', value] = Object.entries(JSON.parse(key))[0] ?? []
    const having = leads.filter((lead) => lead[name as keyof Lead] === value)
    if (having.length > 1) wrong.push(`${having.length} leads of ${key}`)
    const [lead] = having
    const added = ofKey.filter(({ result }) => result.status === 'added')
    if (added.length > 1) wrong.push(`${added.length} results of ${key} say added`)
    for (const { result, update } of ofKey) {
      const is = `${key} ${update.tag} ${JSON.stringify(result)}`
      const isTagged = lead?.source_id === update.tag
      if (['added', 'updated'].includes(result.status) && lead?.lead_id !== result.lead_id)
        wrong.push(`not the lead of ${is}`)
      if (result.status === 'added' && !isTagged) wrong.push(`added by ${lead?.source_id}: ${is}`)
      if (['failed', 'not_found', 'rejected', 'ambiguous'].includes(result.status) && isTagged)
        wrong.push(`has added: ${is}`)
    }
  }
  // A lead may be known by its code and by its number.
  for (const { rank, phone_number: phone, vendor_lead_code: code } of leads) {
    const ofLead = ended.filter(({ update: { key } }) =>
      'phone_number' in key ? key.phone_number === phone : key.vendor_lead_code === code
    )
    const made = ofLead.filter(({ result }) => ['added', 'updated', 'unknown'].includes(result.status))
    if (ofLead.length > 0 && !made.some(({ update }) => update.number === rank))
      wrong.push(`rank ${rank} of ${phone} is of no update that may be made`)
  }
  return wrong
}

test('no two leads of one key are added, and every result is true, whatever fails', async (t) => {
  const permissions = '*'
  const config = t.testdir({
    'gateway.yaml': gatewayFile(
      [
        { name: 'crm', permissions },
        { name: 'shop', permissions, account: 'second' }
      ],
      { accounts: [{ name: 'second', user: 'api2', pass: 's3cret' }] }
    )
  })
  const fixture = generateFixture(5)
  const users = fixture.users.flatMap((user) => [user, { ...user, user: 'api2' }])
  const gateway = await startGateway(
    t,
    {
      GATEWAY_CONFIG: `${config}/gateway.yaml`,
      API_KEY: '',
      VICIDIAL_TIMEOUT_MS: String(TIMEOUT_MS),
      VICIDIAL_MAX_CONCURRENCY: '4',
      REQUEST_DEADLINE_MS: '2000',
      RETRY_FIRST_PAUSE_MS: '10',
      RETRY_LONGEST_PAUSE_MS: '20'
    },
    { fixture: { ...fixture, users } }
  )
  let run = 0
  const statuses = new Map<string, number>()
  const number = fc.integer({ min: 1, max: 30_000 })
  const update = fc.record({
    key: fc.nat(3),
    by: fc.constantFrom('code', 'phone'),
    adds: fc.constantFrom(true, true, true, false),
    number
  })
  const request = fc.record({
    updates: fc.array(update, { minLength: 1, maxLength: 4 }),
    caller: fc.constantFrom('crm', 'shop'),
    isStored: fc.boolean()
  })
  const fault = fc.record({
    name: fc.constantFrom(...FAULTS),
    calls: fc.integer({ min: 1, max: 2 }),
    called: fc.constantFrom('update_lead', 'update_lead', 'lead_search', 'batch_update_lead')
  })
  await fc.assert(
    fc.asyncProperty(
      fc.array(request, { minLength: 2, maxLength: 5 }),
      fc.array(fault, { maxLength: 3 }),
      async (wanted, faults) => {
        run++
        const codes = new Map<string, string>()
        // A lead known by its code has a phone number by which others know it.
        const keyOf = (n: number, by: string) => {
          const phone = `3125${String(run).padStart(4, '0')}0${n}`
          codes.set(`P${phone}`, phone)
          return by === 'code' ? { vendor_lead_code: `P${phone}` } : { phone_number: phone }
        }
        const requests: Request[] = wanted.map(({ updates, ...rest }, r) => ({
          ...rest,
          updates: updates.map(({ key, by, ...one }, u) => ({
            ...one,
            key: keyOf(key, by),
            tag: `R${run} ${r}-${u}`
          }))
        }))
        for (const { name, calls, called } of faults) gateway.sandbox.fail(name, { calls, function: called })
        const results = await Promise.all(requests.map((one) => send(gateway, one, codes)))
        gateway.sandbox.fail('500', { calls: 0 })
        for (const { status } of results.flat()) statuses.set(status, (statuses.get(status) ?? 0) + 1)
        const wrong = falsehoods(requests, results, Object.values(gateway.sandbox.leads()))
        if (wrong.length > 0) throw new Error(wrong.join('\n'))
      }
    ),
    { numRuns: Number(process.env['ADDING_RUNS'] ?? 25), endOnFailure: true }
  )
  t.comment(JSON.stringify(Object.fromEntries(statuses)))
  t.ok((statuses.get('added') ?? 0) > 0)
})
