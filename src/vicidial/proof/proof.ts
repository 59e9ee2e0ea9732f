import { steadyNow } from '../../steady-clock.ts'
import type { CallReply } from '../call-reply.ts'
import type { Basis } from '../reply/reply.ts'
import type { Params } from '../wire.ts'
import { type Shown, Witness } from './witness.ts'

/** Leads and lists that VICIdial has been seen to have, the latest last. */
export interface Known {
  readonly leads: ReadonlySet<number>
  /** Lists to which leads were moved. */
  readonly lists: ReadonlySet<string>
}

/** Ask VICIdial for what it is known to have. They never reject. */
export interface Checks {
  readonly leads: (known: Known) => Promise<Shown>
  readonly lists: (known: Known) => Promise<Shown>
}

/**
 * Whether a reply counts. `ask_again`: make the same call once more, now. `provisional`: nothing could be checked, so it
 * counts for a caller who waits, but a stored update is to ask again minutes later. `doubted`: it proves nothing.
 */
export type Verdict = 'believed' | 'ask_again' | 'provisional' | 'doubted'

/** Leads kept as known: enough that some exist even after many were deleted. */
const MAX_KNOWN_LEADS = 100
/** Most ids taken from one reply. */
const MAX_LEADS_OF_A_REPLY = 10
/** Lists kept as known; each that is gone costs a call of a check. */
const MAX_KNOWN_LISTS = 3
/**
 * A reply that found nothing counts at once if VICIdial found something less than this before it, and again after it,
 * in milliseconds. A table would have to go and come back between the two.
 */
const PROOF_MS = 2_000
/** Where no lead is known, VICIdial is believed if it finds nothing for this long, in milliseconds. */
const BELIEVED_AFTER_MS = 10 * 60_000
/** Time between two calls that are made again only to hear the same, in milliseconds. */
const AGAIN_EVERY_MS = 1_000

/**
 * Proves what VICIdial says it has not. With PHP 7 a SELECT that fails reads as one that finds nothing, so such a reply
 * counts only if VICIdial has just shown that it can find. One for each account.
 */
export class Proof {
  readonly #witnesses: Readonly<Record<'leads' | 'lists', Witness>>
  /** Whether VICIdial can be asked for what it is known to have. */
  readonly canCheck: boolean
  readonly #leads = new Set<number>()
  readonly #lists = new Set<string>()
  /** When VICIdial first found nothing while no lead was known. */
  #nothingSince: number | undefined
  /** When the latest calls were sent for which VICIdial found the account's rights, and custom fields. */
  readonly #shownAt = { rights: Number.NEGATIVE_INFINITY, custom_fields: Number.NEGATIVE_INFINITY }
  readonly #askedAgainAt = { rights: Number.NEGATIVE_INFINITY, custom_fields: Number.NEGATIVE_INFINITY }

  /** @param checks undefined for a fork, whose replies to them are not known */
  constructor(checks: Checks | undefined) {
    const known: Known = { leads: this.#leads, lists: this.#lists }
    this.canCheck = checks !== undefined
    this.#witnesses = {
      leads: new Witness(async () => (await checks?.leads(known)) ?? 'unsure'),
      lists: new Witness(async () => (await checks?.lists(known)) ?? 'unsure')
    }
  }

  /** Starts the proof of one call's reply. */
  ofCall(): CallProof {
    return new CallProof(this)
  }

  /** Notes the leads that a call which was sent at `sentAt` found; there is at least one. */
  foundLeads(leads: Iterable<number>, sentAt: number): void {
    let taken = 0
    for (const lead of leads) {
      if (++taken > MAX_LEADS_OF_A_REPLY) break
      keep(this.#leads, lead, MAX_KNOWN_LEADS)
    }
    this.#nothingSince = undefined
    this.#shownAt.rights = sentAt
    this.#witnesses.leads.found(sentAt)
  }

  /** Notes that a call which was sent at `sentAt` stored custom fields. */
  storedCustomFields(sentAt: number): void {
    this.#shownAt.custom_fields = sentAt
  }

  /** Notes that a call which was sent at `sentAt` moved leads to `list`. */
  foundList(list: string, sentAt: number): void {
    keep(this.#lists, list, MAX_KNOWN_LISTS)
    this.#witnesses.lists.found(sentAt)
  }

  close(): void {
    this.#witnesses.leads.close()
    this.#witnesses.lists.close()
  }

  witness(basis: 'leads' | 'lists'): Witness {
    return this.#witnesses[basis]
  }

  /** Whether a reply contradicts what VICIdial has shown before, so that the call is made again; it counts as made then. */
  mayAskAgain(basis: 'rights' | 'custom_fields'): boolean {
    const now = steadyNow()
    const askedAt = this.#askedAgainAt[basis]
    if (this.#shownAt[basis] <= askedAt || now - askedAt < AGAIN_EVERY_MS) return false
    this.#askedAgainAt[basis] = now
    return true
  }

  /** Whether VICIdial, which knows of no lead, has found none for long enough to be believed. */
  isLongWithoutLeads(): boolean {
    const now = steadyNow()
    this.#nothingSince ??= now
    return now - this.#nothingSince >= BELIEVED_AFTER_MS
  }
}

/** Adds `value` as the latest, and drops the oldest if there are more than `most`. */
function keep<T>(values: Set<T>, value: T, most: number): void {
  values.delete(value)
  values.add(value)
  for (const oldest of values) {
    if (values.size <= most) return
    values.delete(oldest)
  }
}

/** The proof of one call's reply, through its repeats. */
export class CallProof {
  readonly #proof: Proof
  #sentAt = Number.NEGATIVE_INFINITY
  /** When the latest calls that found something before this one were sent. */
  #before = { leads: Number.NEGATIVE_INFINITY, lists: Number.NEGATIVE_INFINITY }
  /** Why the call was to be made again, and what was shown before that; undefined if it was not. */
  #again: { readonly basis: Basis; readonly shown: Shown } | undefined

  constructor(proof: Proof) {
    this.#proof = proof
  }

  /** The call is sent. */
  sent(): void {
    const { lastFindAt: leads } = this.#proof.witness('leads')
    const { lastFindAt: lists } = this.#proof.witness('lists')
    this.#before = { leads, lists }
    this.#sentAt = steadyNow()
  }

  /** Judges the reply to the call that was sent last, and notes what VICIdial found. */
  async judge(reply: CallReply, params: Params): Promise<Verdict> {
    if (reply.kind === 'updated') {
      this.#proof.foundLeads(reply.leads, this.#sentAt)
      if (reply.customFields === 'stored') this.#proof.storedCustomFields(this.#sentAt)
      const { function: called, list_id_field: list = '', list_exists_check: isChecked } = params
      // update_lead does not ask whether the account may use the list.
      if (called === 'batch_update_lead' && isChecked === 'Y') this.#proof.foundList(list, this.#sentAt)
    } else if (reply.kind === 'found' || reply.kind === 'limit_reached') {
      // VICIdial lists keys only if it found a lead, even if none is as the keys are written.
      this.#proof.foundLeads([...reply.leads.values()].flat(), this.#sentAt)
    }
    const basis = 'basis' in reply ? reply.basis : undefined
    return basis === undefined ? 'believed' : this.#judge(basis)
  }

  async #judge(basis: Basis): Promise<Verdict> {
    const between = this.#again?.basis === basis ? this.#again.shown : undefined
    if (basis === 'rights' || basis === 'custom_fields') {
      if (between === undefined && this.#proof.mayAskAgain(basis)) return this.#askAgain(basis, 'unsure')
      return basis === 'rights' ? 'believed' : 'provisional'
    }
    if (!this.#proof.canCheck) return 'provisional'
    // The same was said twice. Found in between: VICIdial can find.
    if (between !== undefined) return between === 'found' ? 'believed' : 'provisional'
    const witness = this.#proof.witness(basis)
    const before = this.#before[basis]
    const shown = await witness.ask()
    if (shown === 'missing') return 'doubted'
    if (shown === 'unsure') {
      if (basis === 'leads') return this.#proof.isLongWithoutLeads() ? 'believed' : 'doubted'
      return this.#askAgain(basis, shown)
    }
    const isRecent = steadyNow() - before <= PROOF_MS && witness.lastMissAt < before
    return isRecent ? 'believed' : this.#askAgain(basis, shown)
  }

  #askAgain(basis: Basis, shown: Shown): Verdict {
    this.#again = { basis, shown }
    return 'ask_again'
  }
}
