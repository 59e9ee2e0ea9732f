import type { BaseLogger } from 'pino'
import type { Addition } from '../leads/adding/addition.ts'
import type { Changes } from '../leads/changes.ts'
import type { CallObserver } from '../telemetry/observer.ts'
import { type Account, userName } from './account.ts'
import { changesRefusal, keyRefusal, type KnownBuild } from './build-refusals.ts'
import { type CallReply, type Health, healthOf, NOT_SENT, type Unanswered } from './call-reply.ts'
import { MAX_ATTEMPTS, mayBeMade, mayRepeat, mayRepeatAddition, pauseBeforeRepeat } from './repeat.ts'
import { type Client, msSince, type RawReply } from './client.ts'
import type { Callback } from '../leads/actions/callback.ts'
import type { DncChange } from '../leads/actions/dnc.ts'
import type { HopperOptions } from '../leads/actions/lead-actions.ts'
import type { Guard } from './guard.ts'
import {
  additionParams,
  callbackParams,
  dncParams,
  hopperParams,
  leaveHopperParams,
  listInfoParams,
  newLeadOf,
  removeCallbackParams
} from './lead-params.ts'
import type { Proof } from './proof/proof.ts'
import {
  type FieldReply,
  type FoundListReply,
  type LeadReply,
  NOTHING_DONE,
  NOTHING_USABLE,
  type Refused,
  type SearchReply,
  type Unclear,
  type Unproven,
  type UpdateReply
} from './reply/reply.ts'
import { type DncReply, readDncReply } from './reply/dnc-reply.ts'
import { type HopperReply, readHopperReply } from './reply/hopper-reply.ts'
import { type LeadActionReply, readLeadActionReply } from './reply/lead-action-reply.ts'
import { readCustomFieldReply, readFieldReply } from './reply/field-reply.ts'
import { readLeadReply } from './reply/lead-reply.ts'
import { readSearchReply } from './reply/search-reply.ts'
import { readUpsertReply, type UpsertReply } from './reply/upsert-reply.ts'
import { type LabelsReply, readLabelsReply } from './reply/labels-reply.ts'
import { readFoundListReply } from './reply/found-list-reply.ts'
import { readListReply } from './reply/list-reply.ts'
import { readVersionReply, type VersionReply } from './reply/version-reply.ts'
import { readUpdateReply } from './reply/update-reply.ts'
import {
  type Call,
  callParams,
  type Dialect,
  formBody,
  type Params,
  PROBES,
  findListParams,
  listCustomFieldsParams,
  readFieldParams,
  readLeadParams,
  SEARCH_LIMIT,
  searchParams
} from './wire.ts'
import { steadyNow } from '../steady-clock.ts'

/** Who a call is made for, and until when. */
export interface CallContext {
  readonly source: string
  /** Milliseconds since the epoch. */
  readonly deadline: number
  /** Adds the request's id to every line. */
  readonly log: Pick<BaseLogger, 'info'>
  /** Called each time the call is sent. */
  readonly onSent: () => void
  /** When its oldest update arrived, in milliseconds since the epoch. */
  readonly since?: number
  /** The requests and jobs that have a part in it. */
  readonly requests?: Iterable<{ readonly requestId: string }>
}

export interface ExchangeOptions {
  readonly client: Client
  readonly guard: Guard
  readonly proof: Proof
  readonly account: Pick<Account, 'name' | 'user' | 'pass'>
  readonly dialect: Dialect
  /** Timeout for one call, from its start to the end of its reply, in milliseconds. */
  readonly timeoutMs: number
  /** Gets the end of each call. */
  readonly observer?: CallObserver
  /** Knows the rules of VICIdial's build. */
  readonly buildWatch: KnownBuild
  /** Probes the login. */
  readonly login: () => Promise<Health>
}

/** The last reply to a call, after its repeats. */
export interface Exchanged<Reply> {
  readonly reply: Reply | Refused | Unproven | Unanswered
  /** An earlier attempt may have made the change. */
  readonly maybeMade: boolean
  /** No attempt was sent: the call was refused, or its deadline passed, before its turn came. */
  readonly isUnsent?: true
  /** The reply is plausible but unchecked; ask again in a few minutes. */
  readonly isProvisional?: true
}

export interface RepeatOptions {
  /** Whether a failed call is sent again as it is; otherwise only one without a reply. */
  readonly isRepeated: boolean
  /** Whether the call's keys or values are to blame for a failed reply, so that it says nothing about VICIdial. */
  readonly isBlamed: boolean
  /** Whether a reply that found nothing counts as it is, because one just before it was proven. */
  readonly isBelieved?: boolean
}

const ALONE: RepeatOptions = { isRepeated: true, isBlamed: false }
const BLAMED: RepeatOptions = { isRepeated: false, isBlamed: true }

function healthOfBlamed(reply: CallReply): Health {
  return reply.kind === 'not_made' || reply.kind === 'unclear' ? undefined : healthOf(reply)
}

type AnyReply =
  | UpdateReply
  | UpsertReply
  | FoundListReply
  | SearchReply
  | LeadReply
  | FieldReply
  | LabelsReply
  | DncReply
  | HopperReply
  | LeadActionReply
  | VersionReply

/** What is sent at each attempt, and how its reply is read. */
interface Request<Reply extends AnyReply> {
  readonly params: Params & { readonly function: string }
  /** Leads, or keys of a look-up. */
  readonly leads: number
  readonly read: (reply: RawReply) => Reply
  /** Default: `mayRepeat`. */
  readonly mayRepeat?: typeof mayRepeat
}

const NO_VALUE: Unclear = {
  kind: 'unclear',
  detail: 'VICIdial answered with what looks like an error, not a value.'
}

/** The reply that counts if VICIdial's own proves nothing. */
const UNPROVEN: Unproven = {
  kind: 'unproven',
  code: 'upstream_unproven',
  detail:
    'VICIdial says that this does not exist, but cannot find what it is known to have either: its database may be broken. Nothing was changed. Send the update again later.'
}

/**
 * Exchanges calls for replies: writes, guards, sends, reads, repeats where that is safe and may help, and checks replies
 * that found nothing.
 */
export class Exchange {
  readonly #options: ExchangeOptions

  constructor(options: ExchangeOptions) {
    this.#options = options
  }

  /** Sends a planned call. Never throws. */
  async update(call: Call, context: CallContext): Promise<Exchanged<UpdateReply>> {
    const params = callParams(call, this.#options.dialect)
    const asked = { function: params.function, leads: new Set(call.leads.map(({ lead }) => lead)) }
    const isCustom = call.leads[0]?.changes.params['custom_fields'] !== undefined
    const exchanged = await this.#repeat<UpdateReply>(
      {
        params,
        leads: call.leads.length,
        read: ({ httpStatus, text }) => {
          const reply = readUpdateReply(httpStatus, text, asked)
          if (reply.kind !== 'updated' || !isCustom || reply.customFields === 'stored') return reply
          if (httpStatus !== 200)
            return { kind: 'unclear', detail: 'VICIdial failed before it came to the custom fields.' }
          return { ...reply, basis: 'custom_fields' }
        }
      },
      context
    )
    if (exchanged.reply !== NOTHING_DONE || !(await this.#isWorking(context))) return exchanged
    // A failed SELECT of custom fields reads the same.
    return { ...exchanged, reply: NOTHING_USABLE, ...(isCustom ? { isProvisional: true } : {}) }
  }

  /**
   * Adds a lead, or updates one that has the key. Unlike other calls it is not repeated if it may have been made. Never
   * throws.
   */
  add(
    by: 'vendor_lead_code' | 'phone_number',
    addition: Addition,
    context: CallContext
  ): Promise<Exchanged<UpsertReply>> {
    const asked = newLeadOf(addition)
    return this.#repeat<UpsertReply>(
      {
        params: additionParams(by, addition),
        leads: 1,
        read: ({ httpStatus, text }) => readUpsertReply(httpStatus, text, asked),
        mayRepeat: mayRepeatAddition
      },
      context
    )
  }

  /** Adds a number to those that must not be called, or removes it. Never throws. */
  changeDnc(
    { change, phoneNumber, campaign }: DncChange,
    context: CallContext
  ): Promise<Exchanged<DncReply>> {
    return this.#repeat<DncReply>(
      {
        params: dncParams(change, phoneNumber, campaign),
        leads: 0,
        read: ({ httpStatus, text }) => readDncReply(httpStatus, text, phoneNumber)
      },
      context
    )
  }

  /** Puts leads into the hopper. Never throws. */
  queueLeads(
    leads: readonly number[],
    options: HopperOptions,
    context: CallContext
  ): Promise<Exchanged<HopperReply>> {
    return this.#repeat<HopperReply>(
      {
        params: hopperParams(leads, options),
        leads: leads.length,
        read: ({ httpStatus, text }) => readHopperReply(httpStatus, text, leads)
      },
      context
    )
  }

  /** Takes a lead out of the hopper. Never throws. */
  leaveHopper(lead: number, context: CallContext): Promise<Exchanged<LeadActionReply>> {
    return this.#act(lead, leaveHopperParams(lead), context)
  }

  /**
   * Adds a lead's callback, or changes the one that is there. Never throws.
   * @param at in VICIdial's local time, see `DialerZone`
   */
  setCallback(
    lead: number,
    at: string,
    callback: Callback,
    context: CallContext
  ): Promise<Exchanged<LeadActionReply>> {
    return this.#act(lead, callbackParams(lead, at, callback), context)
  }

  /** Removes a lead's callbacks. Never throws. */
  removeCallback(lead: number, context: CallContext): Promise<Exchanged<LeadActionReply>> {
    return this.#act(lead, removeCallbackParams(lead), context)
  }

  /** Asks VICIdial for its version and its clock. Never throws. */
  version(context: CallContext): Promise<Exchanged<VersionReply>> {
    return this.#repeat<VersionReply>(
      {
        params: PROBES.version,
        leads: 0,
        read: ({ httpStatus, text }) => readVersionReply(httpStatus, text)
      },
      context
    )
  }

  #act(lead: number, params: Params, context: CallContext): Promise<Exchanged<LeadActionReply>> {
    return this.#repeat<LeadActionReply>(
      {
        params,
        leads: 1,
        read: ({ httpStatus, text }) => readLeadActionReply(httpStatus, text, lead)
      },
      context
    )
  }

  /**
   * Finds out whether VICIdial has a list that the account may use. A fork that reads `leads_data` may know no other way of
   * `batch_update_lead`: there `list_info` is asked, which needs the right to modify lists. Never throws.
   */
  findList(list: string, context: CallContext): Promise<Exchanged<FoundListReply>> {
    const request =
      this.#options.dialect === 'lead_ids'
        ? {
            params: findListParams(list),
            read: ({ httpStatus, text }: RawReply) => readFoundListReply(readUpdateReply(httpStatus, text))
          }
        : {
            params: listInfoParams(list),
            read: ({ httpStatus, text }: RawReply) => readListReply(httpStatus, text, list)
          }
    return this.#repeat<FoundListReply>({ ...request, leads: 0 }, context)
  }

  /** Reads a lead. Never throws. */
  readLead(lead: number, hasCustomFields: boolean, context: CallContext): Promise<Exchanged<LeadReply>> {
    return this.#repeat(
      {
        params: readLeadParams(lead, hasCustomFields),
        leads: 1,
        read: ({ httpStatus, text }) => readLeadReply(httpStatus, text, lead)
      },
      context
    )
  }

  /** Reads a column of a lead that cannot hold a text like one of VICIdial's errors. Never throws. */
  readShortField(
    lead: number,
    field: 'lead_id' | 'vendor_lead_code' | 'phone_number' | 'user',
    context: CallContext
  ): Promise<Exchanged<FieldReply>> {
    return this.#repeat(
      {
        params: readFieldParams(lead, field),
        leads: 1,
        read: ({ httpStatus, text }) => readFieldReply(httpStatus, text)
      },
      context
    )
  }

  /**
   * Whether the account has added a lead: VICIdial sets it as the user of the new lead. Undefined if that cannot be read.
   * Never throws.
   */
  async isOwn(lead: number, context: CallContext): Promise<boolean | undefined> {
    const { reply } = await this.readShortField(lead, 'user', context)
    return reply.kind === 'field' ? userName(reply.value) === userName(this.#options.account.user) : undefined
  }

  /**
   * Reads any column or custom field of a lead. Never throws. Its text is no error of VICIdial's, whatever it looks like:
   * somebody could write "ERROR: Login incorrect" into a lead to stop all calls.
   */
  readField(
    lead: number,
    field: string,
    isCustom: boolean,
    context: CallContext
  ): Promise<Exchanged<FieldReply>> {
    return this.#repeat<FieldReply>(
      {
        params: readFieldParams(lead, field, isCustom),
        leads: 1,
        read: ({ httpStatus, text }) => {
          const reply = (isCustom ? readCustomFieldReply : readFieldReply)(httpStatus, text)
          const isCertain = reply.kind === 'field' || reply.kind === 'no_field' || reply.kind === 'not_made'
          return isCertain ? reply : NO_VALUE
        }
      },
      context,
      BLAMED
    )
  }

  /** Reads the labels of a list's custom fields. Never throws. */
  readLabels(list: string, context: CallContext): Promise<Exchanged<LabelsReply>> {
    return this.#repeat(
      {
        params: listCustomFieldsParams(list),
        leads: 0,
        read: ({ httpStatus, text }) => readLabelsReply(httpStatus, text, list)
      },
      context,
      BLAMED
    )
  }

  /** See `keyRefusal`. */
  keyRefusal(key: string): Refused | undefined {
    return keyRefusal(key, this.#options.buildWatch)
  }

  /** See `changesRefusal`. */
  changesRefusal(changes: Changes): Refused | undefined {
    return changesRefusal(changes, this.#options.buildWatch)
  }

  /** Looks up many keys in one call. Never throws. */
  search(
    by: 'vendor_lead_code' | 'phone_number',
    keys: readonly string[],
    context: CallContext,
    options?: RepeatOptions
  ): Promise<Exchanged<SearchReply>> {
    return this.#repeat(
      {
        params: searchParams(by, keys),
        leads: keys.length,
        read: ({ httpStatus, text }) => readSearchReply(httpStatus, text, keys, SEARCH_LIMIT)
      },
      context,
      options
    )
  }

  /** Whether VICIdial answers a call that needs an answer. */
  async #isWorking({ deadline }: CallContext): Promise<boolean> {
    const { guard, login } = this.#options
    return (await guard.run(login, (health) => health, deadline)) === 'good'
  }

  async #repeat<Reply extends AnyReply>(
    request: Request<Reply>,
    context: CallContext,
    { isRepeated, isBlamed, isBelieved = false }: RepeatOptions = ALONE
  ): Promise<Exchanged<Reply>> {
    const proof = this.#options.proof.ofCall()
    let maybeMade = false
    let sent = 0
    let sentAt = Number.NEGATIVE_INFINITY
    const onSent = () => {
      sent++
      sentAt = steadyNow()
      context.onSent()
    }
    const end = (reply: Exchanged<Reply>['reply']): Exchanged<Reply> =>
      sent > 0 ? { reply, maybeMade } : { reply, maybeMade, isUnsent: true }
    for (let attempt = 1; ; attempt++) {
      const reply = await this.#options.guard.run<Reply | Unanswered>(
        () => this.#send(request, { ...context, onSent }, attempt),
        isBlamed ? healthOfBlamed : healthOf,
        context.deadline
      )
      // Its turn did not come in time, or never will: the guard is closed.
      if (reply === undefined) return end(NOT_SENT)
      maybeMade ||= mayBeMade(reply)
      const isProven = isBelieved && reply.kind === 'not_found'
      const verdict = isProven ? 'believed' : await proof.judge(reply, request.params, sentAt)
      if (verdict === 'doubted') return end(UNPROVEN)
      if (verdict === 'provisional') return { ...end(reply), isProvisional: true }
      if (verdict === 'ask_again') {
        if (attempt < MAX_ATTEMPTS && steadyNow() < context.deadline) continue
        return end(UNPROVEN)
      }
      const isOver =
        !(request.mayRepeat ?? mayRepeat)(reply, attempt) || (!isRepeated && reply.kind !== 'unanswered')
      if (isOver || !(await pauseBeforeRepeat(attempt, context.deadline))) return end(reply)
    }
  }

  async #send<Reply extends AnyReply>(
    { params, leads, read }: Request<Reply>,
    { source, deadline, log, onSent, since, requests }: CallContext,
    attempt: number
  ): Promise<Reply | Unanswered> {
    const { client, account, observer } = this.#options
    const timeoutMs = Math.min(this.#options.timeoutMs, deadline - steadyNow())
    if (timeoutMs <= 0) return NOT_SENT
    onSent()
    const queued = since === undefined || attempt > 1 ? {} : { queuedMs: Math.max(0, steadyNow() - since) }
    const started = performance.now()
    const raw = await client.post(formBody(params, { ...account, source }), timeoutMs)
    const isHasty = timeoutMs < this.#options.timeoutMs / 2
    const reply: Reply | Unanswered = 'sent' in raw ? { kind: 'unanswered', ...raw, isHasty } : read(raw)
    // As `updated`, or `refused: upstream_login_failed`.
    const outcome = 'code' in reply ? `${reply.kind}: ${reply.code}` : reply.kind
    const ended = { function: params.function, leads, ms: msSince(started), outcome }
    log.info(ended, 'vicidial call')
    observer?.callEnded({ ...ended, account: account.name, ...queued, ...(requests ? { requests } : {}) })
    return reply
  }
}
