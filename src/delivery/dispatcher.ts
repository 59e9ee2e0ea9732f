import { type Changes, NO_CHANGES } from '../leads/changes.ts'
import { isDnc } from '../leads/actions/dnc.ts'
import { keyName, orderName } from '../leads/lead-key.ts'
import type { Update } from '../leads/update.ts'
import { SEARCH_LIMIT } from '../vicidial/wire.ts'
import { withActionsUnsent } from './actions/action-runner.ts'
import { Adder } from './adding/adder.ts'
import type { KeyLines } from './adding/key-lines.ts'
import { WaitingUpdate } from './adding/waiting-update.ts'
import { Admission, type AdmissionOptions } from './admission.ts'
import { CallScheduler, type CallSchedulerOptions } from './calls/call-scheduler.ts'
import { Delivery, type Delivered, type DeliveryContext, type LeadTask } from './delivery.ts'
import { DeliveryTask, Flows } from './delivery-task.ts'
import type { Flow } from './fair-queue.ts'
import type { Found, SearchKey, WantedSearch } from './searching/lead-search.ts'
import { type Outcome, tooManyLeads } from './outcome.ts'
import { codeMatched, leadsMeant } from './searching/leads-meant.ts'
import { type NotedWrites, RecentWrites } from './recent-writes.ts'
import type { PendingSearch } from './searching/search-queue.ts'
import { steadyNow } from '../steady-clock.ts'

export interface DispatcherOptions extends AdmissionOptions, CallSchedulerOptions {
  readonly writes: NotedWrites
}

const NO_SEARCHES: ReadonlyMap<string, Found> = new Map()
const NO_LEADS: Found = { kind: 'leads', leads: [] }

/** Delivers updates to VICIdial: updates in, one outcome each out. One for each VICIdial account. */
export class Dispatcher {
  readonly #rules: CallSchedulerOptions['rules']
  readonly #lines: KeyLines
  readonly #admission: Admission
  readonly #scheduler: CallScheduler
  readonly #recentWrites: RecentWrites<Delivery>
  readonly #adder: Adder

  constructor(options: DispatcherOptions) {
    this.#rules = options.rules
    this.#admission = new Admission(options)
    this.#recentWrites = new RecentWrites(options.writes)
    this.#scheduler = new CallScheduler(options, this.#admission, this.#recentWrites)
    const scheduler = this.#scheduler
    const { exchange, lines } = options
    this.#lines = lines
    this.#adder = new Adder({
      lines,
      exchange,
      confirm: ({ key, update, request }) => {
        const found = scheduler.searches.confirm(key, update.keyMatch === 'exact', request)
        scheduler.scheduleSoon()
        return found
      },
      queue: (waiting) => {
        scheduler.additions.add(waiting)
        scheduler.scheduleSoon()
      },
      contextOf: (waiting) => scheduler.contextOf([waiting]),
      verify: (waiting, lead, added) => scheduler.additions.verify(waiting, lead, added),
      onFound: ({ update, request, index }, found) => {
        const flow = new Flows<number, Delivery>(request, this.#rules).of(update.changes)
        this.#enqueueMatched(update, found, request, index, flow)
        scheduler.scheduleSoon()
      },
      onAdded: ({ update, request, index }, lead) => {
        const sequence = request.sequencing?.sequenceOf(index)
        this.#recentWrites.addNew(request, lead, sequence, Object.keys(update.addition?.stored ?? {}))
      },
      settle: (waiting, lead, outcome) => {
        this.#settleAdded(waiting, lead, outcome)
      }
    })
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
      for (const task of delivery.giveUp(isSearched, keepsSent)) this.#scheduler.abandon(task)
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
    const dncFlows = new Flows<string, Delivery>(delivery, this.#rules)
    let index = 0
    for (const update of updates) {
      const { key, changes } = update
      if (isDnc(changes)) {
        const task = new DeliveryTask(keyName(key), changes, delivery, index++, dncFlows.of(changes))
        delivery.addTask(task)
        this.#scheduler.numbers.add(task)
        continue
      }
      const flow = flows.of(changes)
      if (key.by === 'lead_id') {
        const task = new DeliveryTask(key.value, changes, delivery, index, flow)
        delivery.addTask(task)
        this.#scheduler.updates.add(task)
      } else this.#enqueueKeyed(update, key, found.get(keyName(key)) ?? NO_LEADS, delivery, index, flow)
      index++
    }
  }

  /** Enqueues an update that names its leads by a key: at once, or once its lead is added. */
  #enqueueKeyed(
    update: Update,
    key: SearchKey,
    found: Found,
    delivery: Delivery,
    index: number,
    flow: Flow<LeadTask>
  ): void {
    const isMissing = found.kind === 'leads' && found.leads.length === 0
    if (!this.#lines.has(orderName(key)) && !(isMissing && update.addition)) {
      this.#enqueueMatched(update, found, delivery, index, flow)
      return
    }
    const { version } = this.#lines
    const isAbsent = isMissing && version !== undefined && found.absentAsOf === version
    void this.#adder.start(new WaitingUpdate(update, key, delivery, index), isAbsent)
  }

  /** Settles an update whose lead was added, once its actions are done. */
  #settleAdded({ update, request, index }: WaitingUpdate, lead: number, base: Outcome): void {
    const { actions } = update.changes
    if (actions === undefined || base.status !== 'added') {
      request.settle(index, base)
      return
    }
    request.removeWaiting(index)
    const changes = { ...NO_CHANGES, actions }
    const flow = new Flows<number, Delivery>(request, this.#rules).of(changes)
    const task = new DeliveryTask<number, Delivery>(lead, changes, request, index, flow)
    task.base = base
    task.made = withActionsUnsent(task, base)
    request.addTask(task)
    this.#scheduler.updates.add(task)
    this.#scheduler.scheduleSoon()
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
    for (const task of tasks) this.#scheduler.updates.add(task)
  }
}

/** The keys that a request's updates need searched, and the size of their changes, each set counted once. */
function measure(updates: readonly Update[]): { wanted: Map<string, WantedSearch>; characters: number } {
  const wanted = new Map<string, WantedSearch>()
  const distinct = new Set<Changes>()
  for (const { key, keyMatch, changes } of updates) {
    if (key.by !== 'lead_id' && !isDnc(changes)) {
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
