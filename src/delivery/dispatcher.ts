import type { Changes } from '../leads/changes.ts'
import { keyName, type LeadKey } from '../leads/lead-key.ts'
import type { Update } from '../leads/update.ts'
import type { Upstream } from '../vicidial/upstreams.ts'
import { SEARCH_LIMIT } from '../vicidial/wire.ts'
import { Admission, type AdmissionOptions } from './admission.ts'
import { CallScheduler, type CallSchedulerOptions } from './call-scheduler.ts'
import { Delivery, type Delivered, type DeliveryContext, type LeadTask } from './delivery.ts'
import { DeliveryTask, Flows } from './delivery-task.ts'
import type { Flow } from './fair-queue.ts'
import type { Found, WantedSearch } from './lead-search.ts'
import { ambiguous, codeUnread, notFound, tooManyCodes, tooManyLeads } from './outcome.ts'
import { type NotedWrites, RecentWrites } from './recent-writes.ts'
import { MAX_CODES_READ, type PendingSearch } from './search-queue.ts'
import { steadyNow } from '../steady-clock.ts'

export interface DispatcherOptions extends AdmissionOptions, CallSchedulerOptions {
  readonly writes: NotedWrites
}

const NO_SEARCHES: ReadonlyMap<string, Found> = new Map()
const NO_LEADS: Found = { kind: 'leads', leads: [] }
const NO_LEAD = 'No lead has this key.'
const SPELT_OTHERWISE = 'No lead has exactly this key. VICIdial finds one with another spelling.'

type Codes = Extract<Found, { kind: 'leads' }>['codes']

/** Delivers updates to VICIdial: updates in, one outcome each out. One for each VICIdial account. */
export class Dispatcher {
  readonly #rules: CallSchedulerOptions['rules']
  readonly #admission: Admission
  readonly #scheduler: CallScheduler
  readonly #recentWrites: RecentWrites<Delivery>

  constructor(options: DispatcherOptions) {
    this.#rules = options.rules
    this.#admission = new Admission(options)
    this.#recentWrites = new RecentWrites(options.writes)
    this.#scheduler = new CallScheduler(options, this.#admission, this.#recentWrites)
  }

  /** Updates without an outcome. */
  get waiting(): number {
    return this.#admission.waiting
  }

  /** How long the oldest request of which nothing was sent has waited, in milliseconds; 0 if there is none. */
  get oldestMs(): number {
    return this.#admission.oldestMs(steadyNow())
  }

  /**
   * Delivers a request's updates; resolves when each has its outcome.
   * @throws Problem overloaded, if too much is waiting already
   */
  async deliver(updates: readonly Update[], context: DeliveryContext): Promise<Delivered> {
    const { wanted, characters } = measure(updates)
    const delivery = new Delivery(updates, context, this.#admission)
    this.#admission.admit(delivery, updates.length, characters)
    if (context.sequencing) this.#recentWrites.keep(delivery)
    const search = wanted.size > 0 ? this.#scheduler.searches.find(wanted, delivery) : undefined
    const giveUp = (keepsSent: boolean) => {
      const isSearched = search?.isSent ?? (() => false)
      for (const task of delivery.giveUp(isSearched, keepsSent)) this.#scheduler.tasks.abandon(task)
    }
    // Nobody waits for the response, but the log and the history want the outcome of what was sent.
    const onAbort = () => {
      giveUp(true)
    }
    const atDeadline = setTimeout(giveUp, Math.max(0, context.deadline - steadyNow()), false)
    context.signal?.addEventListener('abort', onAbort, { once: true })
    if (context.signal?.aborted) onAbort()
    try {
      if (search) await this.#enqueueFound(updates, search, delivery)
      else this.#enqueue(updates, NO_SEARCHES, delivery)
      this.#scheduler.schedule()
      await delivery.done
    } catch (error) {
      giveUp(false)
      this.#recentWrites.forget(delivery)
      throw error
    } finally {
      clearTimeout(atDeadline)
      context.signal?.removeEventListener('abort', onAbort)
      this.#admission.release(delivery, characters)
    }
    const outcomes = await delivery.done
    await context.note?.(outcomes, () => {
      this.#recentWrites.forget(delivery)
    })
    return { outcomes, upstreamCalls: delivery.calls }
  }

  /** Enqueues a request's updates once their leads are found and the earlier requests that name the same keys are in. */
  async #enqueueFound(updates: readonly Update[], search: PendingSearch, delivery: Delivery): Promise<void> {
    this.#scheduler.schedule()
    const inTurn = Promise.all([search.found, search.turn]).then(([found]) => found)
    const found = await Promise.race([inTurn, delivery.done.then(() => undefined)])
    try {
      if (found !== undefined) this.#enqueue(updates, found, delivery)
    } finally {
      // A request that gave up keeps its turn, too, until those before it are in.
      void search.turn.then(search.entered)
    }
  }

  #enqueue(updates: readonly Update[], found: ReadonlyMap<string, Found>, delivery: Delivery): void {
    if (delivery.isDone) return
    const flows = new Flows<number, Delivery>(delivery, this.#rules)
    let index = 0
    for (const update of updates) {
      const { key, changes } = update
      const flow = flows.of(changes)
      if (key.by === 'lead_id') {
        const task = new DeliveryTask(key.value, changes, delivery, index, flow)
        delivery.addTask(task)
        this.#scheduler.tasks.add(task)
      } else this.#enqueueMatched(update, found.get(keyName(key)) ?? NO_LEADS, delivery, index, flow)
      index++
    }
  }

  #enqueueMatched(
    update: Update,
    found: Found,
    delivery: Delivery,
    index: number,
    flow: Flow<LeadTask>
  ): void {
    const meant = leadsMeant(update, found)
    if (meant.kind === 'outcome') {
      delivery.settle(index, meant.outcome)
      return
    }
    const { leads, codes } = meant
    const more = leads.length - 1
    if (more > 0 && (leads.length >= SEARCH_LIMIT || !this.#admission.admitMore(more))) {
      delivery.settle(index, tooManyLeads(leads.length))
      return
    }
    const tasks = leads.map((lead) => new DeliveryTask(lead, update.changes, delivery, index, flow))
    delivery.addMatchedTasks(index, tasks, codeMatched(update.key, leads, codes))
    for (const task of tasks) this.#scheduler.tasks.add(task)
  }
}

export type DispatchersOptions = Omit<DispatcherOptions, 'exchange' | 'guard' | 'log'>

/** What waits for VICIdial by one account; see `Dispatcher`. */
export interface DispatcherQueue {
  readonly account: string
  readonly waiting: number
  readonly oldestMs: number
}

/** The dispatchers, one for each VICIdial account. */
export class Dispatchers {
  readonly #byAccount: ReadonlyMap<string, Dispatcher>

  constructor(upstreams: readonly Upstream[], options: DispatchersOptions) {
    this.#byAccount = new Map(
      upstreams.map(({ account, exchange, guard, log }) => [
        account.name,
        new Dispatcher({ ...options, exchange, guard, log })
      ])
    )
  }

  /** @throws Error if there is no such account; callers and webhooks are checked to name none */
  of(account: string): Dispatcher {
    const dispatcher = this.#byAccount.get(account)
    if (dispatcher === undefined) throw new Error(`there is no account ${account}`)
    return dispatcher
  }

  /** The queue of each account. */
  get queues(): readonly DispatcherQueue[] {
    return [...this.#byAccount].map(([account, { waiting, oldestMs }]) => ({ account, waiting, oldestMs }))
  }
}

/** The keys that a request's updates need searched, and the size of their changes, each set counted once. */
function measure(updates: readonly Update[]): { wanted: Map<string, WantedSearch>; characters: number } {
  const wanted = new Map<string, WantedSearch>()
  const distinct = new Set<Changes>()
  for (const { key, keyMatch, changes } of updates) {
    if (key.by !== 'lead_id') {
      const name = keyName(key)
      const isExact = keyMatch === 'exact' || wanted.get(name)?.isExact === true
      wanted.set(name, { key, isExact })
    }
    distinct.add(changes)
  }
  let characters = 0
  for (const { key } of distinct) characters += key.length
  return { wanted, characters }
}

/** The leads that an update changes, of those that its key matches; or the outcome of an update that changes none. */
function leadsMeant({ key, onMultiple, newest: most = 1, keyMatch }: Update, found: Found): Found {
  if (found.kind === 'outcome') return found
  const { codes, refusal, isProvisional } = found
  let { leads } = found
  if (keyMatch === 'exact' && codes !== undefined) {
    if (leads.length > MAX_CODES_READ) return { kind: 'outcome', outcome: tooManyCodes(leads) }
    if (leads.some((lead) => !codes.has(lead))) return { kind: 'outcome', outcome: codeUnread(refusal) }
    leads = leads.filter((lead) => codes.get(lead) === key.value)
  }
  const [newest] = leads
  if (newest === undefined) {
    const outcome = notFound(codes ? SPELT_OTHERWISE : NO_LEAD)
    return { kind: 'outcome', outcome: isProvisional ? { ...outcome, isProvisional } : outcome }
  }
  if (leads.length > 1 && onMultiple === 'reject') return { kind: 'outcome', outcome: ambiguous(leads) }
  return { ...found, leads: onMultiple === 'newest' ? leads.slice(0, most) : leads }
}

/** The code of the leads, if it is not the key; null if one could not be read; undefined if they have the key itself. */
function codeMatched(key: LeadKey, leads: readonly number[], codes: Codes): string | null | undefined {
  if (codes === undefined) return undefined
  const found = leads.map((lead) => codes.get(lead) ?? null)
  return (
    found.find((code) => code !== null && code !== key.value) ?? (found.includes(null) ? null : undefined)
  )
}
