import { setTimeout as pause } from 'node:timers/promises'
import { listOf } from '../../leads/adding/addition.ts'
import type { Warning } from '../../leads/refusal.ts'
import type { Update } from '../../leads/update.ts'
import { steadyNow } from '../../steady-clock.ts'
import type { Exchange } from '../../vicidial/exchange/exchange.ts'
import type { CallContext } from '../../vicidial/exchange/call-runner.ts'
import type { UpsertReply } from '../../vicidial/reply/upsert-reply.ts'
import type { Found } from '../searching/lead-search.ts'
import { changedInstead, type FailedExchange, notDone, notFound, type Outcome } from '../outcome.ts'
import { customFieldsNotStored } from '../reply-outcomes.ts'
import type { KeyLines } from './key-lines.ts'
import { KnownLists } from './known-lists.ts'
import type { WaitingUpdate } from './waiting-update.ts'

export interface AdderOptions {
  readonly lines: KeyLines
  readonly exchange: Exchange
  /** Looks a key up once more, among others that seem to have no lead; see `confirmAbsence`. */
  readonly confirm: (waiting: WaitingUpdate) => Promise<Found>
  /** Queues the call that adds a lead. */
  readonly queue: (waiting: WaitingUpdate) => void
  readonly contextOf: (waiting: WaitingUpdate) => CallContext
  /** Reads a lead that was added. Returns the outcome of its update with what was found. Never throws. */
  readonly verify: (waiting: WaitingUpdate, lead: number, added: Outcome) => Promise<Outcome>
  /** Called if a lead has the key: the update becomes one of that lead. */
  readonly onFound: (waiting: WaitingUpdate, found: Found) => void
  /** Called when a lead was added. */
  readonly onAdded: (waiting: WaitingUpdate, lead: number) => void
  /** Settles an update that has added its lead. */
  readonly settle: (waiting: WaitingUpdate, lead: number, outcome: Outcome) => void
}

const NO_LEAD = 'No lead has this key.'
const NOT_ALLOWED = "VICIdial has a lead with this key, in a list that the gateway's account may not touch."
const LOST =
  'The call that adds the lead was lost. VICIdial now has a lead with this key, and it is not known whether by this call.'
const SPELT_OTHERWISE =
  'VICIdial counts the code of another lead as equal to this key, and adds no second lead: write the key as that code.'

/**
 * Adds the leads that updates name and VICIdial lacks: never two under one key, even if a call is lost. VICIdial searches
 * for the key before it adds, so an addition that comes after another one changes the lead of that; it is only while both
 * are in flight that both could add. So each waits for its turn, and looks the key up again; after a lost call it looks
 * first whether that call has added the lead, and waits until that call can't add it any more.
 */
export class Adder {
  readonly #options: AdderOptions
  readonly #lists: KnownLists

  constructor(options: AdderOptions) {
    this.#options = options
    this.#lists = new KnownLists(options.exchange)
  }

  /**
   * Starts with an update whose lead was not found, or behind whose key others wait. Never throws.
   * @param isAbsent whether VICIdial has just said that no lead has the key, in any spelling
   */
  async start(waiting: WaitingUpdate, isAbsent: boolean): Promise<void> {
    const { lines } = this.#options
    const place = lines.join(waiting.names)
    waiting.request.addWaiting(waiting)
    try {
      const isConfirmed = isAbsent && place.isFirst && lines.waitMs(waiting.names) === 0
      await Promise.race([place.turn, waiting.givenUp])
      if (isWanted(waiting)) await this.#deliver(waiting, isConfirmed)
    } finally {
      place.leave()
    }
  }

  async #deliver(waiting: WaitingUpdate, isConfirmed: boolean): Promise<void> {
    const { addition } = waiting.update
    const missing =
      addition && (await this.#lists.missing(listOf(addition), this.#options.contextOf(waiting)))
    if (missing !== undefined) {
      waiting.request.settle(waiting.index, missing)
      return
    }
    let isLost = false
    for (let isSure = isConfirmed; isWanted(waiting); isSure = false) {
      const found = isSure ? ABSENT : await this.#options.confirm(waiting)
      if (!isWanted(waiting)) return
      if (found.kind === 'outcome' || found.leads.length > 0) {
        await this.#settleFound(waiting, found, isLost)
        return
      }
      if (found.isSpeltOtherwise === true || addition === undefined) {
        const outcome = notFound(found.isSpeltOtherwise ? SPELT_OTHERWISE : NO_LEAD)
        const isProvisional = found.isProvisional && !found.isSpeltOtherwise
        waiting.request.settle(waiting.index, isProvisional ? { ...outcome, isProvisional } : outcome)
        return
      }
      const waitMs = this.#options.lines.waitMs(waiting.names)
      if (waitMs > 0) {
        await this.#pause(waiting, waitMs)
        continue
      }
      isLost = await this.#add(waiting)
      if (!isLost) return
    }
  }

  /** Adds the lead. Resolves with whether the call was lost, so that the lead must be looked for once more. */
  async #add(waiting: WaitingUpdate): Promise<boolean> {
    const { lines, queue } = this.#options
    const { request, index, update } = waiting
    const end = waiting.callEnd()
    queue(waiting)
    const exchanged = await end
    if (exchanged === undefined) return false
    const { reply } = exchanged
    if (reply.kind === 'added') {
      await this.#settleAdded(waiting, reply.lead, addedOutcome(update, reply))
      return false
    }
    if (reply.kind === 'updated') {
      const leads = [...reply.leads]
      if (update.mustBeNew) request.settle(index, changedInstead(leads))
      else {
        request.warn(index, setOnFound(update))
        await this.#settleFound(waiting, { kind: 'leads', leads }, false)
      }
      return false
    }
    const outcome = reply.kind === 'not_found' ? notFound(NOT_ALLOWED) : notDone({ ...exchanged, reply })
    if (exchanged.maybeMade) {
      lines.doubt(waiting.names)
      request.noteLost(index, outcome)
      return true
    }
    request.settle(index, outcome)
    return false
  }

  async #settleAdded(waiting: WaitingUpdate, lead: number, added: Outcome): Promise<void> {
    const { onAdded, verify, settle } = this.#options
    const { update } = waiting
    onAdded(waiting, lead)
    const isVerified = update.changes.isVerified && added.status === 'added' && isWanted(waiting)
    settle(waiting, lead, isVerified ? await verify(waiting, lead, added) : added)
  }

  /**
   * Settles an update whose key has a lead after all.
   * @param isLost whether a call was lost that may have added it
   */
  async #settleFound(waiting: WaitingUpdate, found: Found, isLost: boolean): Promise<void> {
    const { exchange, contextOf, onFound } = this.#options
    const { request, index, update } = waiting
    if (isLost && found.kind === 'leads' && found.leads.length === 1 && update.addition) {
      const [lead = 0] = found.leads
      // VICIdial sets the account that adds a lead as its user.
      const isOwn = await exchange.reads.isOwn(lead, contextOf(waiting))
      if (isOwn) {
        await this.#settleAdded(waiting, lead, await this.#ownOutcome(waiting, lead, contextOf(waiting)))
        return
      }
      if (isOwn === undefined && update.mustBeNew) {
        const reply = { kind: 'unclear', detail: LOST } as const
        request.settle(index, notDone({ reply, maybeMade: true }))
      }
      if (!isWanted(waiting)) return
    }
    request.removeWaiting(index)
    onFound(waiting, found)
  }

  /** The outcome of an update whose call was lost, but has added the lead. */
  async #ownOutcome({ update, key }: WaitingUpdate, lead: number, context: CallContext): Promise<Outcome> {
    const { addition } = update
    if (addition?.params['custom_fields'] === undefined)
      return addedOutcome(update, { lead, customFields: 'not_mentioned' })
    // VICIdial stores custom fields after the lead: the same call again, which now finds the lead, tells whether it has.
    const exchanged = await this.#options.exchange.add(key.by, addition, context)
    const { reply } = exchanged
    return reply.kind === 'updated' || reply.kind === 'added'
      ? addedOutcome(update, { lead, customFields: reply.customFields })
      : notDone({ ...(exchanged as FailedExchange), maybeMade: true })
  }

  /** Waits until a lost call can't add the lead any more, or nobody waits for the update. */
  async #pause(waiting: WaitingUpdate, ms: number): Promise<void> {
    const leftMs = Math.max(0, waiting.request.deadline - steadyNow())
    const end = new AbortController()
    const paused = pause(Math.min(ms, leftMs), undefined, { signal: end.signal }).catch(() => {})
    await Promise.race([paused, waiting.givenUp])
    end.abort()
  }
}

/** Whether the update still needs an outcome: while something is awaited, its request may have ended. */
function isWanted({ request, index }: WaitingUpdate): boolean {
  return request.isWaiting(index)
}

const ABSENT: Extract<Found, { kind: 'leads' }> = { kind: 'leads', leads: [] }

function addedOutcome(
  { addition }: Update,
  { lead, customFields }: Pick<Extract<UpsertReply, { kind: 'added' }>, 'lead' | 'customFields'>
): Outcome {
  const isComplete = addition?.params['custom_fields'] === undefined || customFields === 'stored'
  const warnings = isComplete ? [] : customFieldsNotStored(addition)
  return { status: 'added', leads: [lead], warnings }
}

/** The warnings about values meant for a new lead only, which the call set on a lead that had just been added. */
function setOnFound({ addition, changes }: Update): Warning[] {
  if (addition === undefined) return []
  const { params, stored } = addition
  return Object.keys(params)
    .filter((name) => stored[name] !== undefined && changes.stored[name] === undefined && !KEPT.has(name))
    .map((name) => ({
      field: name,
      code: 'set_on_found',
      sent: stored[name] ?? '',
      stored: stored[name] ?? ''
    }))
}

/** What VICIdial leaves as it is in a lead that it finds. */
const KEPT: ReadonlySet<string> = new Set(['list_id', 'phone_number', 'vendor_lead_code'])
