import type { BaseLogger } from 'pino'
import type { Changes } from '../leads/changes.ts'
import type { CallObserver } from '../telemetry/observer.ts'
import type { Account } from './account.ts'
import { changesRefusal, keyRefusal, type KnownBuild } from './build-refusals.ts'
import { type CallReply, type Health, healthOf, NOT_SENT, type Unanswered } from './call-reply.ts'
import { MAX_ATTEMPTS, mayRepeat, pauseBeforeRepeat } from './repeat.ts'
import { type Client, msSince, type RawReply } from './client.ts'
import type { Guard } from './guard.ts'
import type { Proof } from './proof/proof.ts'
import {
  type FieldReply,
  NOTHING_DONE,
  NOTHING_USABLE,
  type Refused,
  type SearchReply,
  type Unproven,
  type UpdateReply
} from './reply/reply.ts'
import { readFieldReply } from './reply/field-reply.ts'
import { readSearchReply } from './reply/search-reply.ts'
import { readUpdateReply } from './reply/update-reply.ts'
import {
  type Call,
  callParams,
  type Dialect,
  formBody,
  type Params,
  readFieldParams,
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

export interface SearchOptions {
  /** Whether a failed call is sent again as it is; otherwise only one without a reply. */
  readonly isRepeated: boolean
  /** Whether the keys are to blame for a failed reply, so that it says nothing about VICIdial. */
  readonly isBlamed: boolean
}

const ALONE: SearchOptions = { isRepeated: true, isBlamed: false }

function healthOfBlamed(reply: CallReply): Health {
  return reply.kind === 'not_made' || reply.kind === 'unclear' ? undefined : healthOf(reply)
}

type AnyReply = UpdateReply | SearchReply | FieldReply

/** What is sent at each attempt, and how its reply is read. */
interface Request<Reply extends AnyReply> {
  readonly params: Params & { readonly function: string }
  /** Leads, or keys of a look-up. */
  readonly leads: number
  readonly read: (reply: RawReply) => Reply
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

  /** Reads the `vendor_lead_code` of a lead. Never throws. */
  readVendorCode(lead: number, context: CallContext): Promise<Exchanged<FieldReply>> {
    return this.#repeat(
      {
        params: readFieldParams(lead, 'vendor_lead_code'),
        leads: 1,
        read: ({ httpStatus, text }) => readFieldReply(httpStatus, text)
      },
      context
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
    options?: SearchOptions
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
    { isRepeated, isBlamed }: SearchOptions = ALONE
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
      maybeMade ||= reply.kind === 'unclear' || (reply.kind === 'unanswered' && reply.sent === 'maybe')
      const verdict = await proof.judge(reply, request.params, sentAt)
      if (verdict === 'doubted') return end(UNPROVEN)
      if (verdict === 'provisional') return { ...end(reply), isProvisional: true }
      if (verdict === 'ask_again') {
        if (attempt < MAX_ATTEMPTS && steadyNow() < context.deadline) continue
        return end(UNPROVEN)
      }
      const isOver = !mayRepeat(reply, attempt) || (!isRepeated && reply.kind !== 'unanswered')
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
