import fc from 'fast-check'
import { test } from 'tap'
import type { Result } from '../../schemas/batch.ts'
import { KeyLines } from '../../src/delivery/adding/key-lines.ts'
import { Dispatcher } from '../../src/delivery/dispatcher.ts'
import { StorageError } from '../../src/errors.ts'
import { Worker } from '../../src/jobs/worker.ts'
import { serverRules } from '../../src/leads/server-rules.ts'
import type { LeadKey } from '../../src/leads/lead-key.ts'
import { SqliteOutbox } from '../../src/outbox/sqlite/sqlite-outbox.ts'
import { OrderedDelivery } from '../../src/updates/ordered-delivery.ts'
import { Updates } from '../../src/updates/updates.ts'
import { WriteNotes } from '../../src/updates/write-notes.ts'
import type { Exchange } from '../../src/vicidial/exchange/exchange.ts'
import type { CallContext, Exchanged } from '../../src/vicidial/exchange/call-runner.ts'
import type { Guard } from '../../src/vicidial/guard.ts'
import type { SearchReply, UpdateReply } from '../../src/vicidial/reply/reply.ts'
import type { Call } from '../../src/vicidial/wire.ts'
import { dataDir, memoryLog, type Tester } from '../helper.ts'
import { AT_ONCE, jobId, newJob, replayAs } from '../outbox/jobs.ts'
import { settled, stoppedClock } from '../stopped-clock.ts'

/** How a call ends: `late` ones end when time passes, and may have taken effect by then or not. */
const FATES = ['made', 'made', 'made', 'refused', 'lost', 'lost though made', 'late'] as const
type Fate = (typeof FATES)[number]
const FIELDS = ['status', 'city'] as const
const BY = ['lead_id', 'vendor_lead_code', 'phone_number'] as const
/** The leads by each of their names. */
const LEADS: ReadonlyMap<string, number> = new Map([
  ['A1', 1],
  ['2125550001', 1],
  ['A2', 2],
  ['2125550002', 2]
])

interface Change {
  readonly by: (typeof BY)[number]
  readonly lead: number
  readonly fields: readonly (typeof FIELDS)[number][]
}

type Event =
  | { readonly direct: Change }
  | { readonly store: Change; readonly times: number }
  | { readonly pass: number }
  | { readonly restart: true }
  | { readonly replay: true }
  | { readonly failingWrites: number }

const change: fc.Arbitrary<Change> = fc.record({
  by: fc.constantFrom(...BY),
  lead: fc.constantFrom(1, 2),
  fields: fc.subarray([...FIELDS], { minLength: 1 })
})
const event: fc.Arbitrary<Event> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ direct: change }) },
  { weight: 6, arbitrary: fc.record({ store: change, times: fc.constantFrom(1, 1, 1, 12) }) },
  { weight: 6, arbitrary: fc.record({ pass: fc.constantFrom(0, 0, 300, 5_000) }) },
  { weight: 1, arbitrary: fc.constant({ restart: true } as const) },
  { weight: 1, arbitrary: fc.constant({ replay: true } as const) },
  { weight: 1, arbitrary: fc.record({ failingWrites: fc.constantFrom(1, 4) }) }
)

/** One update, as its sender knows it. */
interface Sent {
  readonly what: string
  readonly lead: number
  readonly values: Readonly<Record<string, string>>
  /** It was accepted, or answered, at some time between. */
  readonly start: number
  end: number
  result: Pick<Result, 'status' | 'superseded'> | undefined
}

/** A VICIdial that keeps the values of its leads; `fate` says how each call ends. */
function vicidial(fate: () => Fate) {
  const values = new Map<string, string>()
  const late = new Set<() => void>()
  let inFlight = 0
  const listeners: (() => void)[] = []
  const guard = {
    hasPlace: () => inFlight < 2,
    refusal: () => undefined,
    onPlace: (listener: () => void) => listeners.push(listener)
  } as unknown as Guard

  async function exchange<Reply>({ onSent }: CallContext, make: () => Reply): Promise<Exchanged<Reply>> {
    inFlight++
    onSent()
    const ends = fate()
    try {
      if (ends === 'late') await new Promise<void>((resolve) => late.add(resolve))
      await settled()
      const detail = 'It failed.'
      if (ends === 'refused')
        return { reply: { kind: 'refused', code: 'upstream_permission_denied', detail }, maybeMade: false }
      if (ends !== 'lost') {
        const reply = make()
        if (ends !== 'lost though made') return { reply, maybeMade: false }
      }
      const lost = {
        kind: 'unanswered',
        sent: 'maybe',
        code: 'upstream_unavailable',
        isHasty: false,
        detail
      } as const
      return { reply: lost, maybeMade: true }
    } finally {
      inFlight--
      for (const listener of listeners) listener()
    }
  }

  const made: Pick<Exchange, 'update' | 'search' | 'keyRefusal' | 'changesRefusal'> = {
    keyRefusal: () => undefined,
    changesRefusal: () => undefined,
    update: ({ leads }: Call, context: CallContext) =>
      exchange<UpdateReply>(context, () => {
        for (const { lead, changes } of leads)
          for (const [field, value] of Object.entries(changes.stored)) values.set(`${lead} ${field}`, value)
        return {
          kind: 'updated',
          leads: new Set(leads.map(({ lead }) => lead)),
          customFields: 'not_mentioned'
        }
      }),
    search: (_by, keys, context) =>
      exchange<SearchReply>(context, () => ({
        kind: 'found',
        leads: new Map(keys.map((key) => [key, [LEADS.get(key) ?? 0]]))
      }))
  }
  const endLate = () => {
    for (const end of late) end()
    late.clear()
  }
  return { exchange: made as Exchange, guard, values, endLate, restart: () => listeners.splice(0) }
}

/** The parts of a gateway that have to do with order, on what `directory` holds. */
function gatewayOn(
  directory: string,
  { exchange, guard }: ReturnType<typeof vicidial>,
  isFailing: () => boolean
) {
  const outbox = new SqliteOutbox(directory, AT_ONCE)
  const { log } = memoryLog('silent')
  const failing =
    <Args extends unknown[]>(write: (...all: Args) => Promise<void>) =>
    async (...all: Args): Promise<void> => {
      if (isFailing()) throw new StorageError('disk full')
      return write(...all)
    }
  const { queue } = outbox
  const settle = failing<Parameters<typeof queue.settle>>((...all) => queue.settle(...all))
  const supersede = failing<Parameters<typeof queue.supersede>>((...all) => queue.supersede(...all))
  const rules = { maxLeadsPerCall: 100, dialect: 'lead_ids' } as const
  const dispatcher = new Dispatcher({
    lines: new KeyLines({ doubtMs: 1_000, isInDoubt: false }),
    exchange,
    guard,
    rules,
    maxWaiting: 10_000,
    lingerMs: 0,
    writes: queue,
    log
  })
  const worker = new Worker({
    queue: {
      claim: (...all) => queue.claim(...all),
      nextDueAt: (account) => queue.nextDueAt(account),
      get pendingByAccount() {
        return queue.pendingByAccount
      },
      settle
    },
    account: 'default',
    dispatcher,
    guard,
    schedule: { firstMs: 1_000, longestMs: 4_000, forMs: 1_000 },
    maxInFlight: 1_000,
    log
  })
  const notes = new WriteNotes({ queue: { supersede }, log })
  const updates = new Updates({
    config: { leads: { ...serverRules(0), customFields: new Map() } },
    deliveries: new OrderedDelivery({ dispatchers: { of: () => dispatcher }, queue, notes }),
    jobs: { accept: async () => Promise.reject(new Error('not used')) },
    history: { record: async () => {}, recordRejected: async () => {} },
    rules,
    source: 'gateway',
    users: new Map([['default', 'api']]),
    maxUpdates: 100,
    requestDeadlineMs: 25_000
  })
  worker.wake()
  return { outbox, worker, updates, notes }
}

test('no older value wins, however an update names its lead, fails, waits or is interrupted', async (t) => {
  const seen = { updated: 0, superseded: 0, folded: 0, failed: 0, restarted: 0, replayed: 0 }
  await fc.assert(
    fc.asyncProperty(
      fc.array(event, { minLength: 5, maxLength: 40 }),
      fc.array(fc.constantFrom(...FATES), { minLength: 1, maxLength: 30 }),
      async (events, fates) => {
        const sent = await play(t, events, fates, seen)
        for (const { what, values, lead, result, start } of sent.all) {
          for (const field of Object.keys(values)) {
            const isSet = result?.status === 'updated' && result.superseded?.includes(field) !== true
            const isLeft = result?.superseded?.includes(field) === true
            const final = sent.all.find(
              (one) => one.lead === lead && one.values[field] === sent.final(lead, field)
            )
            if (isSet && (final === undefined || final.end < start))
              throw new Error(`${field} of lead ${lead} is that of ${final?.what}, though ${what} was made`)
            if (
              isLeft &&
              !sent.all.some(
                (one) => one.lead === lead && one.values[field] && one.end >= start && one.what !== what
              )
            )
              throw new Error(`${what} was superseded in ${field} by nothing newer`)
          }
        }
      }
    ),
    { numRuns: Number(process.env['ORDER_RUNS'] ?? 40), endOnFailure: true }
  )
  for (const [what, times] of Object.entries(seen)) t.ok(times > 0, `${what} ${times}`)
})

async function play(
  t: Tester,
  events: readonly Event[],
  fates: readonly Fate[],
  seen: Record<string, number>
) {
  const undo: (() => unknown)[] = []
  const own: Tester = { ...t, teardown: (end: () => unknown) => void undo.push(end) }
  const { pass } = stoppedClock(own, 1_000_000)
  let call = 0
  let isOver = false
  let failingWrites = 0
  const directory = dataDir(own)
  const remote = vicidial(() => (isOver ? 'made' : (fates[call++ % fates.length] ?? 'made')))
  const isFailing = () => failingWrites > 0 && failingWrites-- > 0
  let gateway = gatewayOn(directory, remote, isFailing)
  /** A gateway that stops has closed its connections before it stops noting what requests set. */
  let answering: typeof gateway | undefined = gateway
  const all: Sent[] = []
  let time = 0
  let jobs = 0
  const keyOf = ({ by, lead }: Change): LeadKey['value'] =>
    ({ lead_id: lead, vendor_lead_code: `A${lead}`, phone_number: `212555000${lead}` })[by]
  const send = (what: string, given: Change): { one: Sent; element: object } => {
    const values = Object.fromEntries(given.fields.map((field) => [field, `V${all.length}`]))
    const one: Sent = {
      what: `${what} ${all.length}`,
      lead: given.lead,
      values,
      start: ++time,
      end: Infinity,
      result: undefined
    }
    all.push(one)
    return { one, element: { [given.by]: keyOf(given), fields: values } }
  }
  const ofJobs = new Map<number, Sent[]>()
  const direct = async (given: Change) => {
    const asked = gateway
    const { one, element } = send('direct', given)
    const { entries } = asked.updates.read({ updates: [element] }, undefined)
    const sender = { caller: 'crm', requestId: one.what, account: 'default', source: 'crm' }
    const { results } = await asked.updates.deliver(entries, sender)
    if (asked !== answering) return
    one.result = results[0]
    // What may have been made by a call without an answer may still be made.
    if (one.result?.status !== 'unknown') one.end = ++time
  }
  const store = async (given: Change, times: number) => {
    const made = Array.from({ length: times }, () => send('stored', given))
    const job = ++jobs
    ofJobs.set(
      job,
      made.map(({ one }) => one)
    )
    await gateway.outbox.jobs.accept(
      newJob(
        job,
        made.map(({ element }) => element),
        { acceptedAt: Date.now() }
      )
    )
    time++
    for (const { one } of made) one.end = time
    gateway.worker.wake()
  }
  const restart = async () => {
    seen['restarted'] = (seen['restarted'] ?? 0) + 1
    failingWrites = 0
    answering = undefined
    await gateway.notes.stop()
    await gateway.outbox.close()
    void gateway.worker.stop(0)
    remote.restart()
    remote.endLate()
    await pass(0)
    gateway = gatewayOn(directory, remote, isFailing)
    answering = gateway
  }
  const replay = async () => {
    const job = ++jobs
    const made = await gateway.outbox.jobs.replay({ limit: 10 }, replayAs(job))
    if (made === undefined) return
    seen['replayed'] = (seen['replayed'] ?? 0) + 1
    gateway.worker.wake()
  }
  try {
    await playEvents()
  } finally {
    await gateway.worker.stop(0)
    await gateway.outbox.close()
    for (const end of undo) end()
  }
  return { all, final: (lead: number, field: string) => remote.values.get(`${lead} ${field}`) }

  async function playEvents() {
    for (const one of events) {
      if ('direct' in one) void direct(one.direct)
      else if ('store' in one) await store(one.store, one.times)
      else if ('restart' in one) await restart()
      else if ('replay' in one) await replay()
      else if ('failingWrites' in one) failingWrites = one.failingWrites
      else {
        if (one.pass > 0) remote.endLate()
        await pass(one.pass, 300)
      }
      await settled()
    }
    isOver = true
    failingWrites = 0
    for (let n = 0; gateway.outbox.queue.size.pending > 0; n++) {
      if (n > 300) throw new Error('a stored update never ends')
      remote.endLate()
      await pass(1_000)
      if (gateway.outbox.queue.size.pending === 0) await replay()
    }
    remote.endLate()
    await pass(30_000, 10_000)
    for (const [job, ofJob] of ofJobs) {
      const results = await gateway.outbox.jobs.results(jobId(job))
      for (const [index, one] of ofJob.entries()) one.result = results[index]
      if (ofJob.length > 10 && results.filter(({ status }) => status === 'superseded').length >= 10)
        seen['folded'] = (seen['folded'] ?? 0) + 1
    }
    for (const { result } of all) if (result) seen[result.status] = (seen[result.status] ?? 0) + 1
  }
}
