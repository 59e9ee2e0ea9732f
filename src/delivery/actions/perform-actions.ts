import type { Callback } from '../../leads/actions/callback.ts'
import {
  ACTION_NAMES,
  type ActionName,
  type ActionResults,
  type HopperOptions,
  type LeadActions
} from '../../leads/actions/lead-actions.ts'
import type { Warning } from '../../leads/refusal.ts'
import type { LocalTime } from '../../vicidial/dialer-zone.ts'
import type { Exchanged } from '../../vicidial/exchange/call-runner.ts'
import type { DncReply } from '../../vicidial/reply/dnc-reply.ts'
import type { HopperReply } from '../../vicidial/reply/hopper-reply.ts'
import type { LeadAction, LeadActionReply } from '../../vicidial/reply/lead-action-reply.ts'
import { type FieldReply, OTHER_CALL } from '../../vicidial/reply/reply.ts'
import type { Version, VersionReply } from '../../vicidial/reply/version-reply.ts'
import { type FailedExchange, notDone, type Outcome, TIMED_OUT } from '../outcome.ts'
import { MISSING } from '../reply-outcomes.ts'

/** The calls of one lead's actions. */
export interface ActionCalls {
  /** The lead's phone number, as far as its update says; otherwise it is read. */
  readonly phoneNumber: string | undefined
  readonly readPhoneNumber: () => Promise<Exchanged<FieldReply>>
  readonly addDnc: (phoneNumber: string, campaign: string | undefined) => Promise<Exchanged<DncReply>>
  /** Asks VICIdial for its clock, unless that was done just before. */
  readonly version: () => Promise<Exchanged<VersionReply>>
  /** A time as VICIdial has it; see `DialerZone`. */
  readonly localTime: (at: number, version: Version) => LocalTime | undefined
  readonly setCallback: (at: string, callback: Callback) => Promise<Exchanged<LeadActionReply>>
  readonly removeCallback: () => Promise<Exchanged<LeadActionReply>>
  readonly queue: (options: HopperOptions) => Promise<Exchanged<HopperReply>>
  readonly leaveHopper: () => Promise<Exchanged<LeadActionReply>>
}

/** What the actions of an update begin with. */
export interface ActionsStart {
  readonly lead: number
  readonly actions: LeadActions
  /** The outcome of what was done before. */
  readonly before: Outcome
  /** Whether something was: fields were set, or the lead was added. */
  readonly isMade: boolean
}

/** How one action ended: as VICIdial says, or its call failed. */
type End =
  | { readonly result: NonNullable<ActionResults[ActionName]>; readonly warning?: Warning }
  | { readonly failed: FailedExchange }
  | { readonly missing: true }

/**
 * Does the actions of an update with one of its leads. After a call that failed, the actions after it are not done: a lead
 * that must not be called is not put into the hopper.
 * @param onProgress called before each call, with the outcome that the update has if the call is not sent in time, and with
 *   what gives the one that it has if it is sent, and not answered
 */
export async function performActions(
  start: ActionsStart,
  calls: ActionCalls,
  onProgress: (unsent: Outcome, sent: () => Outcome) => void
): Promise<Outcome> {
  const { actions, before } = start
  const progress = new Progress(start)
  for (const name of ACTION_NAMES) {
    if (actions[name] === undefined) continue
    onProgress(progress.stopped(name, TIMED_OUT.unsent), () => progress.stopped(name, TIMED_OUT.sent))
    const end = await perform(name, start, calls)
    if ('missing' in end && !progress.isMade) return { ...MISSING, ...provisional(before) }
    if ('failed' in end) return progress.stopped(name, notDone(end.failed))
    progress.ended(
      name,
      'missing' in end ? notDoneBecause(name, 'VICIdial does not find the lead for this.') : end
    )
  }
  return progress.outcome
}

/** The outcome of an update whose actions could not be sent in time. */
export function unsentOutcome(start: ActionsStart): Outcome {
  const first = ACTION_NAMES.find((name) => start.actions[name] !== undefined)
  return first === undefined ? start.before : new Progress(start).stopped(first, TIMED_OUT.unsent)
}

async function perform(name: ActionName, { lead, actions }: ActionsStart, calls: ActionCalls): Promise<End> {
  const { dnc, callback, hopper } = actions
  if (name === 'dnc' && dnc !== undefined) return addDnc(dnc, calls)
  if (name === 'callback' && callback !== undefined)
    return callback === 'remove' ? callbackEnd(await calls.removeCallback()) : setCallback(callback, calls)
  if (hopper === 'remove') return left(await calls.leaveHopper())
  if (hopper !== undefined) return queued(await calls.queue(hopper), lead)
  throw new Error(`no action ${name}`)
}

/** A number that VICIdial's do-not-call functions take. */
const NUMBER = /^\d{6,18}$/

async function addDnc({ campaign }: NonNullable<LeadActions['dnc']>, calls: ActionCalls): Promise<End> {
  let { phoneNumber } = calls
  if (phoneNumber === undefined) {
    const read = await calls.readPhoneNumber()
    const { reply } = read
    if (reply.kind === 'not_found') return { missing: true }
    if (reply.kind === 'no_field') return notDoneBecause('dnc', "VICIdial does not print the lead's number.")
    // Nothing was to be changed by reading.
    if (reply.kind !== 'field') return { failed: { ...read, reply, maybeMade: false } }
    phoneNumber = reply.value
  }
  if (!NUMBER.test(phoneNumber))
    return notDoneBecause('dnc', "VICIdial takes no number like the lead's: it needs 6 digits or more.")
  const exchanged = await calls.addDnc(phoneNumber, campaign)
  const { reply } = exchanged
  return reply.kind === 'dnc' ? { result: reply.result } : { failed: { ...exchanged, reply } }
}

const ZONE_UNKNOWN: FailedExchange = {
  reply: {
    kind: 'refused',
    code: 'upstream_error',
    detail:
      "VICIdial's clock (version) does not say in which time zone it is, or in another than VICIDIAL_TIME_ZONE."
  },
  maybeMade: false
}

async function setCallback(callback: Callback, calls: ActionCalls): Promise<End> {
  const asked = await calls.version()
  const { reply } = asked
  if (reply.kind !== 'version') return { failed: { ...asked, reply, maybeMade: false } }
  const local = calls.localTime(callback.at, reply)
  if (local === undefined) return { failed: ZONE_UNKNOWN }
  const end = callbackEnd(await calls.setCallback(local.text, callback))
  if (!('result' in end) || local.assumed === undefined) return end
  const detail = `VICIdial does not name its time zone, and ${local.assumed} was assumed: set VICIDIAL_TIME_ZONE.`
  const warning = { field: 'callback.at', code: 'time_zone_assumed', stored: local.text, detail } as const
  return { ...end, warning }
}

/** What VICIdial says of callbacks, as the result. */
const CALLBACK_ENDS: Partial<Record<LeadAction, NonNullable<ActionResults['callback']>>> = {
  callback_added: 'added',
  callback_updated: 'updated',
  callback_removed: 'removed',
  no_callback: 'not_there',
  callback_user_unknown: 'user_unknown',
  callback_campaign_unknown: 'campaign_unknown'
}

function callbackEnd(exchanged: Exchanged<LeadActionReply>): End {
  const { reply } = exchanged
  if (reply.kind === 'not_found') return { missing: true }
  if (reply.kind !== 'acted') return { failed: { ...exchanged, reply } }
  const [result] = reply.actions.flatMap((action) => CALLBACK_ENDS[action] ?? [])
  return result === undefined ? { failed: { reply: OTHER_CALL, maybeMade: true } } : { result }
}

function queued(exchanged: Exchanged<HopperReply>, lead: number): End {
  const { reply } = exchanged
  if (reply.kind === 'not_found') return { missing: true }
  if (reply.kind !== 'queued') return { failed: { ...exchanged, reply } }
  const result = reply.leads.get(lead) ?? 'failed'
  if (result === 'not_found') return { missing: true }
  return result === 'failed'
    ? notDoneBecause('hopper', 'VICIdial could not write the lead into the hopper.')
    : { result }
}

function left(exchanged: Exchanged<LeadActionReply>): End {
  const { reply } = exchanged
  if (reply.kind === 'not_found') return { missing: true }
  if (reply.kind !== 'acted') return { failed: { ...exchanged, reply } }
  if (reply.actions.includes('unqueued')) return { result: 'removed' }
  if (reply.actions.includes('kept_in_queue')) return { result: 'being_called' }
  if (reply.actions.includes('not_queued')) return { result: 'not_there' }
  return { failed: { reply: OTHER_CALL, maybeMade: true } }
}

/** The end of an action that VICIdial can't do with the lead. */
function notDoneBecause(field: ActionName, detail: string) {
  return { result: 'failed', warning: { field, code: 'not_done', detail } } as const
}

function provisional({ isProvisional }: Outcome): Pick<Outcome, 'isProvisional'> {
  return isProvisional ? { isProvisional } : {}
}

/** How far the actions of an update have come. */
class Progress {
  /** Whether something of the update is done. */
  isMade: boolean
  readonly #start: ActionsStart
  #results: Partial<Record<ActionName, string>> = {}
  #warnings: Outcome['warnings']

  constructor(start: ActionsStart) {
    this.#start = start
    this.isMade = start.isMade
    this.#warnings = start.before.warnings
  }

  ended(name: ActionName, { result, warning }: Extract<End, { result: unknown }>): void {
    this.isMade = true
    this.#results[name] = result
    if (warning !== undefined) this.#warnings = [...this.#warnings, warning]
  }

  /** The outcome once each action has ended. */
  get outcome(): Outcome {
    return { ...this.#start.before, warnings: this.#warnings, actions: this.#results as ActionResults }
  }

  /** The outcome if the call of an action failed. The whole update is safe to repeat. */
  stopped(name: ActionName, { status, error, isUnsent }: Outcome): Outcome {
    const end = status === 'unknown' ? 'unknown' : 'failed'
    const later = ACTION_NAMES.slice(ACTION_NAMES.indexOf(name) + 1).filter(
      (one) => this.#start.actions[one] !== undefined
    )
    const results = {
      ...this.#results,
      [name]: end,
      ...Object.fromEntries(later.map((one) => [one, 'failed']))
    }
    const actions = results as ActionResults
    const common = { ...this.outcome, actions }
    if (!this.isMade) return { ...common, status, ...(error && { error }), ...(isUnsent ? { isUnsent } : {}) }
    const detail = `The update was made, except ${[name, ...later].join(' and ')}: ${error?.detail ?? ''}`
    return { ...common, status: 'unknown', ...(error && { error: { ...error, detail } }) }
  }
}
