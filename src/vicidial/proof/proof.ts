import type { CallReply } from '../call-reply.ts'
import type { Basis } from '../reply/reply.ts'
import type { Params } from '../wire.ts'
import { type Shown, Witness } from './witness.ts'

/** Ask VICIdial for what it is known to have, the latest last. They never reject. */
export interface Checks {
  readonly leads: (known: readonly number[]) => Promise<Shown>
  readonly lists: (known: readonly string[]) => Promise<Shown>
}

export interface ProofOptions {
  /** Undefined for a fork: how it replies to checks is not known. */
  readonly checks: Checks | undefined
  /** Leads that VICIdial had before the start. */
  readonly knownLeads: readonly number[]
  /** Average time between checks of one kind, in milliseconds; default: a second. */
  readonly checkEveryMs?: number | undefined
}

/**
 * Whether a reply counts. `ask_again`: make the same call once more, now. `provisional`: nothing could be checked, so
 * waiting callers get it; stored updates ask again minutes later. `doubted`: it proves nothing.
 */
export type Verdict = 'believed' | 'ask_again' | 'provisional' | 'doubted'

/** Leads kept as known: enough that some exist even after many were deleted. */
export const MAX_KNOWN_LEADS = 300
/** Most ids taken from one reply. */
const MAX_LEADS_OF_A_REPLY = 10
/** Lists kept as known; each that is gone costs a call of a check. */
const MAX_KNOWN_LISTS = 3

/**
 * Checks replies that say something does not exist. With PHP 7 a SELECT that fails reads as one that finds nothing, so
 * such a reply counts only if VICIdial then finds something known to exist, and gives the same reply again. It is wrong
 * only if the table fails, is back for the check, and fails again for the second call. One for each account.
 */
export class Proof {
  /** Undefined if VICIdial cannot be asked for what it is known to have. */
  readonly witnesses: { readonly leads: Witness<number>; readonly lists: Witness<string> } | undefined

  constructor({ checks, knownLeads, checkEveryMs }: ProofOptions) {
    if (checks === undefined) return
    const leads = new Witness(checks.leads, MAX_KNOWN_LEADS, checkEveryMs)
    for (const lead of knownLeads) leads.know(lead)
    this.witnesses = { leads, lists: new Witness(checks.lists, MAX_KNOWN_LISTS, checkEveryMs) }
  }

  /** Starts the proof of one call's reply. */
  ofCall(): CallProof {
    return new CallProof(this)
  }

  close(): void {
    this.witnesses?.leads.close()
    this.witnesses?.lists.close()
  }
}

/** The proof of one call's reply, through its repeats. */
export class CallProof {
  readonly #witnesses: Proof['witnesses']
  /** What the reply before this one was about, and what VICIdial showed since; undefined: this is the first. */
  #again: { readonly basis: Basis; readonly shown: Shown } | undefined

  constructor({ witnesses }: Proof) {
    this.#witnesses = witnesses
  }

  /**
   * Judges a reply to the call, and notes what VICIdial found.
   * @param sentAt when the call was sent, in milliseconds of `steadyNow`
   */
  async judge(reply: CallReply, params: Params, sentAt: number): Promise<Verdict> {
    this.#noteFound(reply, params, sentAt)
    const basis = 'basis' in reply ? reply.basis : undefined
    if (basis === undefined) return 'believed'
    // Custom fields are not asked for twice: leads of lists without them may be many.
    if (this.#witnesses === undefined || basis === 'custom_fields') return 'provisional'
    // The second reply of the kind. If VICIdial found something in between, it can find.
    if (this.#again?.basis === basis) return this.#again.shown === 'found' ? 'believed' : 'provisional'
    const shown = await this.#witnesses[basis].ask()
    if (shown === 'missing') return 'doubted'
    this.#again = { basis, shown }
    return 'ask_again'
  }

  #noteFound(reply: CallReply, params: Params, sentAt: number): void {
    if (this.#witnesses === undefined) return
    const { leads, lists } = this.#witnesses
    if (reply.kind === 'added') leads.know(reply.lead)
    if (reply.kind === 'lead') {
      leads.know(Number(params['lead_id']))
      leads.found(sentAt)
    }
    if (reply.kind === 'updated' || reply.kind === 'found' || reply.kind === 'limit_reached') {
      // VICIdial lists keys only if it found a lead, even if no code is spelt like a key.
      const found = reply.kind === 'updated' ? reply.leads : [...reply.leads.values()].flat()
      for (const lead of [...found].slice(0, MAX_LEADS_OF_A_REPLY)) leads.know(lead)
      leads.found(sentAt)
    }
    // update_lead does not ask whether the account may use the list.
    const { function: called, list_id_field: list, list_exists_check: isChecked } = params
    const isUpdated = reply.kind === 'updated' && called === 'batch_update_lead' && isChecked === 'Y'
    if ((isUpdated || reply.kind === 'list_found') && list !== undefined) {
      lists.know(list)
      lists.found(sentAt)
    }
  }
}
