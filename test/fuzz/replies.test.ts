import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { test } from 'tap'
import { Pool } from 'undici'
import { originOf, run } from '../gateway/gateway-process.ts'
import { gatewayFile } from '../gateway-file.ts'
import { dataDir, leaksIn } from '../helper.ts'
import { type Params, startRawVicidial } from './raw-vicidial.ts'
import { MARK, MUTATION, type Mutation, whole } from './reply-mutations.ts'
import { said, type Said } from './said.ts'

/** `npm run test:fuzz` has 20,000 replies changed. */
const REPLIES = Number(process.env['FUZZ_REPLIES'] ?? 100)
const SEED = Number(process.env['FUZZ_SEED'] ?? 1)
/** Requests that are known: a call may be read after its answer. */
const KEPT = 1_000
/** It ends when there are so many. */
const MAX_FAULTS = 20
/** Requests that are sent at once. */
const AT_ONCE = 16
/** What a process may grow by after it has warmed up, in MiB. */
const MAX_GROWTH_MIB = 64
const HEADERS = { authorization: 'Bearer all-key', 'content-type': 'application/json' }

/** What a request asks for, about leads that no other request names. */
const KINDS = ['batch', 'single', 'custom', 'code', 'phone', 'hopper', 'dnc', 'callback'] as const
type Kind = (typeof KINDS)[number]
/** Their calls are shared with other requests, whose replies are changed. */
const SHARED: ReadonlySet<Kind> = new Set(['code', 'phone', 'hopper'])
/** Half of them get true replies: after many failures in a row VICIdial is not called. */
const REQUEST = fc.record({
  kind: fc.constantFrom(...KINDS),
  mutations: fc.array(MUTATION, { maxLength: 1 })
})

const QUEUE = 'hopper_bulk_insert'

interface Asked {
  readonly fields?: object
  readonly hopper?: object
  readonly callback?: object | 'remove'
  readonly custom_fields?: object
  readonly lead_id?: number
  readonly vendor_lead_code?: string
  readonly phone_number?: string
}

interface Exchanged {
  readonly call: Params
  readonly said: Said
}

/** A request while its replies are changed. */
class Running {
  readonly mutations: Mutation[]
  readonly exchanged: Exchanged[] = []
  readonly #updates: readonly Asked[]

  constructor(mutations: readonly Mutation[], updates: readonly Asked[]) {
    this.mutations = [...mutations]
    this.#updates = updates
  }

  /** Whether a call names only leads that the request asks for, or that a reply named for its key. */
  mayAsk(call: Params): boolean {
    const { lead_ids, lead_id = lead_ids } = call
    const found = this.exchanged.flatMap(({ said }) =>
      this.#updates.flatMap(
        ({ vendor_lead_code, phone_number }) => said.found.get(vendor_lead_code ?? phone_number ?? '') ?? []
      )
    )
    const asked = this.#updates.map((update) => update.lead_id)
    // One such call is for many requests.
    const ids = (lead_id ?? '').split(',')
    if (call['function'] === QUEUE) return ids.some((id) => asked.includes(Number(id)))
    return ids.every(
      (id) => lead_id === undefined || asked.includes(Number(id)) || found.includes(Number(id))
    )
  }
}

/** A call that the gateway makes of its own accord: it changes nothing. */
function isProbe({ function: name, lead_ids, status }: Params): boolean {
  return (
    name === 'version' || (name === 'batch_update_lead' && (lead_ids === undefined || status === undefined))
  )
}

/** The leads of a request are the ten from this one. */
const firstLeadOf = (n: number) => 1_000 + 10 * n
const codeOf = (n: number) => `CRM${n}X`
const phoneOf = (n: number) => String(2_000_000_000 + n)

const CALLBACK = { at: '2030-01-02T15:00:00Z', campaign_id: 'CAMPA' }

function updatesOf(kind: Kind, n: number): Asked[] {
  const lead = firstLeadOf(n)
  const fields = { status: `S${n % 100_000}` }
  switch (kind) {
    case 'batch':
      return [0, 1, 2].slice(n % 3).map((more) => ({ lead_id: lead + more, fields }))
    case 'single':
      return [{ lead_id: lead, fields: { phone_number: phoneOf(n) } }]
    case 'custom':
      return [{ lead_id: lead, fields, custom_fields: { favorite_color: 'blue' } }]
    case 'code':
      return [{ vendor_lead_code: codeOf(n), fields }]
    case 'phone':
      return [{ phone_number: phoneOf(n), fields }]
    case 'hopper':
      return [0, 1].map((more) => ({ lead_id: lead + more, hopper: {} }))
    case 'dnc':
      return [{ phone_number: phoneOf(n) }]
    case 'callback':
      return [{ lead_id: lead, callback: n % 2 === 0 ? CALLBACK : 'remove' }]
  }
}

/** The numbers of the requests that a call is made for, as its values or keys show. */
function requestsOf(call: Params): number[] {
  const { status, vendor_lead_code, phone_number = '' } = call
  const requestOf = (lead: string) => Math.floor(Number(lead) / 10) - 100
  if (call['function'] === QUEUE) return (call['lead_ids'] ?? '').split(',').map(requestOf)
  if (call['callback'] !== undefined) return [requestOf(call['lead_id'] ?? '')]
  const text = status ?? vendor_lead_code ?? phone_number
  return text.split(',').map((value) => Number(/^(?:S|CRM|2000)0*(\d+)X?$/.exec(value)?.[1]))
}

/** What VICIdial says when it has all of these leads. */
function trueReply(call: Params): string {
  const { lead_ids = '', lead_id = '', vendor_lead_code, phone_number = '' } = call
  const leads = lead_ids.split(',').toSorted((a, b) => Number(b) - Number(a))
  switch (call['function']) {
    case 'version':
      return 'VERSION: 2.14-202|BUILD: 250720-1841|DATE: 2026-11-28 20:02:03|EPOCH: 1795914123|DST: 0|TZ: -5|TZNOW: -5|\n'
    case 'lead_search':
      return (vendor_lead_code ?? phone_number)
        .split(',')
        .map(
          (key) =>
            `${key}|1|${firstLeadOf(Number(key.startsWith('C') ? key.slice(3, -1) : Number(key) - 2_000_000_000))}\n`
        )
        .join('')
    case 'update_lead':
      if (call['callback'] === 'REMOVE')
        return `NOTICE: update_lead SCHEDULED CALLBACK DELETED - api|${lead_id}|1|1\n`
      if (call['callback'] === 'Y')
        return `NOTICE: update_lead SCHEDULED CALLBACK ADDED - ${lead_id}|CAMPA|${call['callback_datetime']}|ANYONE||CALLBK\n`
      return (
        `SUCCESS: update_lead LEAD HAS BEEN UPDATED - api|${lead_id}|1|||\n` +
        (call['custom_fields'] === 'Y'
          ? `NOTICE: update_lead CUSTOM FIELDS VALUES UPDATED - 2125550004|${lead_id}|101|101|1\n`
          : '')
      )
    case QUEUE: {
      const lines = lead_ids
        .split(',')
        .map((lead) => `NOTICE: ${QUEUE} LEAD ADDED TO HOPPER - 2125550004|${lead}|1|api\n`)
      return `${lines.join('')}SUCCESS: ${QUEUE} LEADS HAVE BEEN INSERTED INTO THE HOPPER - ${lines.length}|0|1|api\n`
    }
    case 'add_dnc_phone':
      return `SUCCESS: add_dnc_phone DNC NUMBER HAS BEEN ADDED - api|${phone_number}|SYSTEM_INTERNAL\n`
    default:
      if (lead_ids === '') return 'ERROR: batch_update_lead NO LEADS DEFINED: |api|\n'
      if (lead_ids === '0') return 'ERROR: batch_update_lead NO MATCHES FOUND IN THE SYSTEM: |api|0\n'
      // It has leads, and nothing to change.
      if (call['status'] === undefined) return ''
      return `SUCCESS: batch_update_lead LEADS HAVE BEEN UPDATED - api|${leads.length}|${leads.length}|${leads.join()}\n`
  }
}

test(`${REPLIES} replies, changed in every way: none is believed for what was not asked for, and none does harm`, async (t) => {
  const running = new Map<number, Running>()
  const names = new Map<string, number>()
  const faults: string[] = []
  let changed = 0
  const url = await startRawVicidial(t, (call) => {
    const text = trueReply(call)
    const named = isProbe(call) ? [] : requestsOf(call).map((n) => running.get(n))
    const mutation = named[0]?.mutations.shift()
    const reply = mutation?.mutate(text) ?? whole(text)
    if (mutation) {
      changed++
      names.set(mutation.name, (names.get(mutation.name) ?? 0) + 1)
    }
    const exchanged = { call, said: said(call, reply.text ?? text) }
    for (const request of named) {
      if (!request?.mayAsk(call)) faults.push(`a call for nobody: ${JSON.stringify(call)}`)
      request?.exchanged.push(exchanged)
    }
    return reply
  })
  const config = join(dataDir(t), 'gateway.yaml')
  const custom_fields = [{ label: 'favorite_color', max_length: 20 }]
  writeFileSync(config, gatewayFile([{ name: 'all', permissions: '*' }], { custom_fields }))
  const server = run(t, {
    VICIDIAL_URL: url,
    VICIDIAL_USER: 'api',
    VICIDIAL_PASS: 's3cret',
    VICIDIAL_MAX_CALLS_PER_SECOND: '0',
    VICIDIAL_MAX_CONCURRENCY: '8',
    ANONYMOUS_POINTS_PER_MINUTE: '0',
    GATEWAY_CONFIG: config,
    NODE_OPTIONS: `${process.env['NODE_OPTIONS'] ?? ''} --max-semi-space-size=1`
  })
  const origin = await originOf(server)
  const pool = new Pool(origin, { connections: AT_ONCE, headersTimeout: 0, bodyTimeout: 0 })
  t.teardown(() => pool.close())
  const memoryMiB = () => {
    const [, kibibytes] =
      /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${server.child.pid}/status`, 'utf8')) ?? []
    return Number(kibibytes) / 1_024
  }

  const statuses = new Map<string, number>()
  let requests = 0
  let warmMiB = 0
  const ask = async (kind: Kind, mutations: readonly Mutation[]) => {
    const n = requests++
    const updates = updatesOf(kind, n)
    const request = new Running(mutations, updates)
    running.set(n, request)
    const isDnc = kind === 'dnc'
    const numbers = updates.map(({ phone_number }) => phone_number)
    const body = JSON.stringify(isDnc ? { phone_numbers: numbers } : { updates })
    const answer = await pool.request({
      method: 'POST',
      path: isDnc ? '/v1/dnc' : '/v1/leads/batch-update',
      headers: HEADERS,
      body
    })
    const text = await answer.body.text()
    running.delete(n - KEPT)
    const what = `${mutations.map(({ name }) => name).join(', ')}: ${body} was answered ${answer.statusCode} ${text}`
    const { results, code } = JSON.parse(text) as { results?: Result[]; code?: string }
    if (leaksIn(text, [MARK, 's3cret']).length > 0) faults.push(`words of the reply: ${what}`)
    if (results === undefined && code === 'overloaded') return
    if (results?.length !== updates.length) {
      faults.push(`not a result for each update: ${what}`)
      return
    }
    const isHarmless = !SHARED.has(kind) && mutations.every((one) => one.isHarmless)
    for (const result of results) {
      const listed = result.hopper ?? result.dnc ?? result.callback
      for (const name of [result.status, ...(listed === undefined ? [] : [`${kind}: ${listed}`])])
        statuses.set(name, (statuses.get(name) ?? 0) + 1)
      const wrong =
        contradiction(result, request.exchanged) ??
        (isHarmless && result.status !== 'updated' && result.error?.code !== 'upstream_unavailable'
          ? 'not updated'
          : undefined)
      if (wrong !== undefined) faults.push(`${wrong}: ${what}`)
    }
  }
  const property = fc.asyncProperty(
    fc.array(REQUEST, { minLength: AT_ONCE, maxLength: AT_ONCE }),
    async (asked) => {
      const ended = await Promise.allSettled(asked.map(({ kind, mutations }) => ask(kind, mutations)))
      for (const one of ended) if (one.status === 'rejected') throw one.reason
      if (warmMiB === 0 && changed > REPLIES / 2) warmMiB = memoryMiB()
    }
  )
  t.comment(`FUZZ_SEED=${SEED}`)
  const began = performance.now()
  for (let round = 0; changed < REPLIES && faults.length < MAX_FAULTS; round++)
    await fc.assert(property, { numRuns: 10, seed: SEED + round, endOnFailure: true })
  t.comment(
    `${changed} replies changed, for ${requests} requests, in ${Math.round((performance.now() - began) / 100) / 10} s`
  )
  t.comment([...statuses].map(([status, count]) => `${status} ${count}`).join(', '))
  t.comment([...names].map(([name, count]) => `${name}: ${count}`).join(', '))
  t.same(faults.slice(0, MAX_FAULTS), [])
  for (const name of ['updated', 'hopper: added', 'dnc: added', 'callback: added', 'callback: removed'])
    t.ok(statuses.has(name), `some are ${name}`)
  if (process.platform === 'linux' && REPLIES >= 2_000) {
    const grownMiB = memoryMiB() - warmMiB
    t.comment(`${Math.round(warmMiB)} MiB after half of them, ${Math.round(grownMiB)} more at the end`)
    t.ok(grownMiB < MAX_GROWTH_MIB)
  }
  const history = await pool.request({
    method: 'GET',
    path: '/v1/history',
    headers: { authorization: HEADERS.authorization }
  })
  t.equal(history.statusCode, 200, 'the history can be read')
  await history.body.dump()
  t.equal(server.child.exitCode, null, 'the gateway lives')
  t.same(
    server.lines.filter(({ level }) => level >= 50),
    [],
    'it has nothing to complain about'
  )
  t.equal(server.stderr(), '')
})

interface Result {
  readonly status: string
  readonly error?: { readonly code: string }
  readonly lead_id?: number
  readonly lead_ids?: readonly number[]
  readonly vendor_lead_code?: string
  readonly phone_number?: string
  readonly hopper?: string
  readonly dnc?: string
  readonly callback?: string
}

/** What of a result no reply has said; undefined: nothing. */
function contradiction(result: Result, exchanged: readonly Exchanged[]): string | undefined {
  const { status, lead_id, lead_ids = [], vendor_lead_code, phone_number } = result
  const listed = result.hopper ?? result.dnc
  if (listed === 'added' || listed === 'already_there') {
    const is = exchanged.some(({ said }) => said.listed?.has(lead_id ?? Number(phone_number)))
    return is && status === 'updated' ? undefined : `${listed}, which no reply says`
  }
  const { callback } = result
  if (callback !== undefined && callback !== 'failed' && callback !== 'unknown') {
    const is = exchanged.some(({ said }) => said.callbacks?.has(`${lead_id} ${callback}`))
    return is && status === 'updated' ? undefined : `callback ${callback}, which no reply says`
  }
  const key = vendor_lead_code ?? phone_number
  const leads = lead_id === undefined ? lead_ids : [lead_id]
  const finds = exchanged.flatMap(({ said }) =>
    key === undefined
      ? []
      : [said.found.get(key) ?? []].filter((found) => said.found.has(key) || found.length > 0)
  )
  if (key !== undefined && leads.some((lead) => !finds.some((found) => found.includes(lead))))
    return 'a lead that no look-up found'
  if (status === 'updated' && !leads.every((lead) => exchanged.some(({ said }) => said.updated.has(lead))))
    return 'updated, which no reply says'
  if (status === 'updated' && leads.length === 0) return 'updated without a lead'
  const isMissing =
    leads.some((lead) => exchanged.some(({ said }) => said.missing.has(lead))) ||
    (leads.length === 0 && finds.some((found) => found.length === 0))
  if (status === 'not_found' && !isMissing) return 'not found, which no reply says'
  return undefined
}
