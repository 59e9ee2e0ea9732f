import { setTimeout as pause } from 'node:timers/promises'
import type { BaseLogger } from 'pino'
import type { EndedCall } from '../telemetry/observer.ts'
import type { RawReply, Client, NoReply } from './client.ts'
import type { Guard, Health } from './guard.ts'
import { mayRepeat, repeatPauseMs } from './repeat.ts'
import {
  NOTHING_DONE,
  type Refused,
  readSearchReply,
  readUpdateReply,
  type SearchReply,
  type UpdateReply
} from './reply.ts'
import {
  type Call,
  callParams,
  type Dialect,
  formBody,
  type Params,
  PROBES,
  SEARCH_LIMIT,
  searchParams
} from './wire.ts'

/** Nothing was heard, or nothing was sent in time. `sent` tells whether VICIdial may have got the call. */
export interface Unanswered extends NoReply {
  readonly kind: 'unanswered'
  /** Whether the call had much less than a call's usual time, so that its silence says nothing about VICIdial. */
  readonly isHasty: boolean
}

/** For whom a call is made, and until when it is of use. */
export interface CallContext {
  readonly source: string
  /** Milliseconds since the epoch. */
  readonly deadline: number
  /** Writes the request's id with every line. */
  readonly log: Pick<BaseLogger, 'info'>
  /** Called once for each call that is sent. */
  readonly onSent: () => void
  /** When the oldest update in it came, in milliseconds since the epoch. */
  readonly since?: number
  /** The requests and jobs that have a part in it. */
  readonly requests?: Iterable<{ readonly requestId: string }>
}

export interface ExchangeOptions {
  readonly client: Client
  readonly guard: Guard
  readonly account: { readonly user: string; readonly pass: string }
  readonly dialect: Dialect
  /** VICIdial's `source` of the gateway's own calls. */
  readonly source: string
  /** One call, from its start to the end of its answer. */
  readonly timeoutMs: number
  /** Called at the end of each call and each probe. */
  readonly onEnd?: (call: Omit<EndedCall, 'account'>) => void
  readonly log: Pick<BaseLogger, 'info'>
}

/** The last reply to a call, after its repeats. */
export interface Exchanged<Reply> {
  readonly reply: Reply | Refused | Unanswered
  /** An earlier try may have made the change. */
  readonly maybeMade: boolean
  /** The call was not made at all: it was refused, or its time was over, before its turn came. */
  readonly isUnsent?: true
}

/** One exchange with VICIdial: write, guard, send, read, and repeat where that is safe and may help. */
export class Exchange {
  readonly #options: ExchangeOptions

  constructor(options: ExchangeOptions) {
    this.#options = options
    options.guard.probeWith({
      version: () => this.#probe(PROBES.version, versionHealth),
      login: () => this.#probe(PROBES.login, loginHealth)
    })
  }

  /** Sends a planned call. Never throws. */
  update(call: Call, context: CallContext): Promise<Exchanged<UpdateReply>> {
    const params = callParams(call, this.#options.dialect)
    const asked = new Set(call.leads.map(({ lead }) => lead))
    return this.#repeat(params, call.leads.length, context, ({ httpStatus, text }) =>
      onlyAsked(readUpdateReply(httpStatus, text), asked)
    )
  }

  /** Looks up many keys in one call. Never throws. */
  search(
    by: 'vendor_lead_code' | 'phone_number',
    keys: readonly string[],
    context: CallContext
  ): Promise<Exchanged<SearchReply>> {
    return this.#repeat(searchParams(by, keys), keys.length, context, (answer) =>
      readSearchReply(answer.httpStatus, answer.text, keys, SEARCH_LIMIT)
    )
  }

  async #repeat<Reply extends { kind: string }>(
    params: Params,
    leads: number,
    context: CallContext,
    read: (answer: RawReply) => Reply
  ): Promise<Exchanged<Reply>> {
    let maybeMade = false
    let sent = 0
    const onSent = () => {
      sent++
      context.onSent()
    }
    for (let tries = 1; ; tries++) {
      const reply = await this.#once(params, leads, { ...context, onSent }, read, tries > 1)
      const pauseMs = repeatPauseMs(tries)
      maybeMade ||= reply.kind === 'unclear' || (reply.kind === 'unanswered' && isSent(reply))
      if (!mayRepeat(reply, tries) || Date.now() + pauseMs >= context.deadline) {
        return sent > 0 ? { reply, maybeMade } : { reply, maybeMade, isUnsent: true }
      }
      await pause(pauseMs)
    }
  }

  async #once<Reply extends { kind: string }>(
    params: Params,
    leads: number,
    context: CallContext,
    read: (answer: RawReply) => Reply,
    isRepeat: boolean
  ): Promise<Reply | Refused | Unanswered> {
    const { guard, client, account } = this.#options
    const call = async (): Promise<Reply | Unanswered> => {
      const timeoutMs = Math.min(this.#options.timeoutMs, context.deadline - Date.now())
      if (timeoutMs <= 0) return NOT_SENT
      context.onSent()
      const { since, requests } = context
      const queued = since === undefined || isRepeat ? {} : { queuedMs: Math.max(0, Date.now() - since) }
      const started = performance.now()
      const answer = await client.post(formBody(params, { ...account, source: context.source }), timeoutMs)
      const isHasty = timeoutMs < this.#options.timeoutMs / 2
      const reply: Reply | Unanswered =
        'sent' in answer ? { kind: 'unanswered', ...answer, isHasty } : read(answer)
      const ended = { ...named(params), leads, ms: msSince(started), outcome: outcomeOf(reply) }
      context.log.info(ended, 'vicidial call')
      this.#options.onEnd?.({ ...ended, ...queued, ...(requests ? { requests } : {}) })
      return reply
    }
    return (await guard.run<Reply | Unanswered>(call, healthOf, context.deadline)) ?? NOT_SENT
  }

  async #probe(params: Params, healthOfAnswer: (answer: RawReply) => Health): Promise<Health> {
    const { client, account, source, timeoutMs, onEnd, log } = this.#options
    const started = performance.now()
    const answer = await client.post(
      formBody(params, { ...account, source }),
      Math.min(timeoutMs, PROBE_TIMEOUT_MS)
    )
    const health = 'sent' in answer ? 'failed' : healthOfAnswer(answer)
    log.info({ ...named(params), outcome: health }, 'vicidial probe')
    onEnd?.({ ...named(params), leads: 0, ms: msSince(started), outcome: `probe: ${health ?? 'unknown'}` })
    return health
  }
}

/** What VICIdial says to a call without leads once it has taken the login. */
const LOGGED_IN =
  /^ERROR: (?:batch_update_lead (?:NO LEADS DEFINED|USER DOES NOT HAVE PERMISSION)|INVALID JSON FORMAT|auth USER DOES NOT HAVE PERMISSION|user_group DOES NOT EXIST|Your IP Address is not allowed)/m

/** A server that is back answers a probe at once. */
const PROBE_TIMEOUT_MS = 2_000

const NOT_SENT: Unanswered = {
  kind: 'unanswered',
  isHasty: true,
  sent: 'no',
  code: 'upstream_timeout',
  detail: "The request's time was over before the call could be sent."
}

/** A success that names a lead which was not asked for is not the answer to this call. */
function onlyAsked(reply: UpdateReply, asked: ReadonlySet<number>): UpdateReply {
  if (reply.kind !== 'updated' || reply.leads.isSubsetOf(asked)) return reply
  return { kind: 'unclear', detail: 'VICIdial answered for leads that it was not asked for.' }
}

function isSent(reply: object): boolean {
  return 'sent' in reply && reply.sent === 'maybe'
}

/** What a reply shows about VICIdial. */
function healthOf(reply: {
  readonly kind: string
  readonly code?: string
  readonly isHasty?: boolean
}): Health {
  if (reply.isHasty && reply.code === 'upstream_timeout') return undefined
  if (reply.code === 'upstream_login_failed') return 'login_refused'
  if (reply.code === 'upstream_locked_out') return 'locked_out'
  if (reply.kind === 'unanswered' || reply.kind === 'unclear' || reply.kind === 'not_made') return 'failed'
  return reply.code === 'upstream_error' ? 'alive' : 'good'
}

/** What the answer to `version` shows: a page with HTTP 200 is not VICIdial. */
function versionHealth({ httpStatus, text }: RawReply): Health {
  if (text.startsWith('VERSION: ')) return 'alive'
  const reply = readUpdateReply(httpStatus, text)
  return reply === NOTHING_DONE || healthOf(reply) === 'failed' ? 'failed' : 'alive'
}

/** What the answer to the login probe shows; the login is right only if VICIdial itself got past it. */
function loginHealth({ httpStatus, text }: RawReply): Health {
  if (LOGGED_IN.test(text)) return 'good'
  const health = healthOf(readUpdateReply(httpStatus, text))
  return health === 'login_refused' || health === 'locked_out' ? health : 'failed'
}

function named(params: Params): { readonly function: string } {
  return { function: params['function'] ?? '' }
}

/** To a tenth of a millisecond. */
function msSince(started: number): number {
  return Math.round((performance.now() - started) * 10) / 10
}

function outcomeOf(reply: { readonly kind: string; readonly code?: string }): string {
  return reply.code === undefined ? reply.kind : `${reply.kind}: ${reply.code}`
}
