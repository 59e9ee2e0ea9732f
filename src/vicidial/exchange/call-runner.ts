import type { BaseLogger } from 'pino'
import type { CallObserver } from '../../telemetry/observer.ts'
import { steadyNow } from '../../steady-clock.ts'
import type { Account } from '../account.ts'
import { type CallReply, type Health, healthOf, NOT_SENT, type Unanswered } from '../call-reply.ts'
import { type Client, msSince, type RawReply } from '../client.ts'
import type { Guard } from '../guard.ts'
import type { Proof } from '../proof/proof.ts'
import { quotedWords } from '../reply/quoted-words.ts'
import type { Refused, Unproven } from '../reply/reply.ts'
import { formBody, type Params } from '../wire.ts'
import { MAX_ATTEMPTS, mayBeMade, mayRepeat, pauseBeforeRepeat } from './repeat.ts'

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

/** For one attempt. */
interface SentContext extends CallContext {
  /** Called with VICIdial's own words. */
  readonly onReply: (words: string | undefined) => void
}

/** VICIdial's last reply to a call, after its repeats; the gateway's own refusal only if nothing was sent. */
export interface Exchanged<Reply> {
  readonly reply: Reply | Refused | Unproven | Unanswered
  /** An earlier attempt may have made the change. */
  readonly maybeMade: boolean
  /** No attempt was sent: the call was refused, or its deadline passed, before its turn came. */
  readonly isUnsent?: true
  /** The reply is plausible but unchecked; ask again in a few minutes. */
  readonly isProvisional?: true
  /** VICIdial's own words, if the last reply is no success and has any; see `quotedWords`. */
  readonly said?: string
}

/** What is sent at each attempt, and how its reply is read. */
export interface CallRequest<Reply extends CallReply> {
  readonly params: Params & { readonly function: string }
  /** Leads, or keys of a look-up. */
  readonly leads: number
  readonly read: (reply: RawReply) => Reply
  /** The reply prints values of a lead, which are not to be quoted. */
  readonly printsValues?: true
  /** Default: `mayRepeat`. */
  readonly mayRepeat?: typeof mayRepeat
}

export interface RepeatOptions {
  /** Whether a failed call is sent again unchanged; otherwise only one without a reply. */
  readonly isRepeated: boolean
  /** Whether the call's keys or values are to blame for a failed reply, so that it says nothing about VICIdial. */
  readonly isBlamed: boolean
  /** Whether a reply that found nothing counts as it is, because one just before it was proven. */
  readonly isBelieved?: boolean
}

/** For a call whose failure is VICIdial's fault, not that of its keys or values. */
const ALONE: RepeatOptions = { isRepeated: true, isBlamed: false }
/** For a call whose failure says nothing about VICIdial. */
export const BLAMED: RepeatOptions = { isRepeated: false, isBlamed: true }

/** Kinds of replies that are no success. */
const FAILURES: ReadonlySet<CallReply['kind']> = new Set(['not_found', 'refused', 'not_made', 'unclear'])

/** The reply that counts if VICIdial's own proves nothing. */
const UNPROVEN: Unproven = {
  kind: 'unproven',
  code: 'upstream_unproven',
  detail:
    'VICIdial says that this does not exist, but cannot find what it is known to have either: its database may be broken. Nothing was changed. Send the update again later.'
}

/** The reply that counts if VICIdial's own may be wrong, and VICIdial cannot be asked once more. */
const UNCONFIRMED: Unproven = {
  ...UNPROVEN,
  detail:
    'VICIdial says that this does not exist, and could not be asked once more. Nothing was changed. Send the update again later.'
}

export interface CallRunnerOptions {
  readonly client: Client
  readonly guard: Guard
  readonly proof: Proof
  readonly account: Pick<Account, 'name' | 'user' | 'pass'>
  /** Timeout for one call, from its start to the end of its reply, in milliseconds. */
  readonly timeoutMs: number
  /** Gets the end of each call. */
  readonly observer?: CallObserver
}

/** Sends a call until its reply counts: guards it, repeats it where that is safe and may help, and checks what it says. */
export class CallRunner {
  readonly #options: CallRunnerOptions

  constructor(options: CallRunnerOptions) {
    this.#options = options
  }

  /** Sends a call, and repeats it. Never throws. */
  async run<Reply extends CallReply>(
    request: CallRequest<Reply>,
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
    /** How the call ends if it is not sent again. */
    let last: Exchanged<Reply> | undefined
    let said: string | undefined
    const onReply = (words: string | undefined) => {
      said = words
    }
    const end = (reply: Exchanged<Reply>['reply']): Exchanged<Reply> => ({
      reply,
      maybeMade,
      ...(sent > 0 ? {} : { isUnsent: true }),
      ...(said === undefined ? {} : { said })
    })
    for (let attempt = 1; ; attempt++) {
      said = undefined
      const sentBefore = sent
      const reply = await this.#options.guard.run<Reply | Unanswered>(
        () => this.#send(request, { ...context, onSent, onReply }, attempt),
        isBlamed ? healthOfBlamed : healthOf,
        context.deadline
      )
      // VICIdial's last reply says more than why it was not asked again.
      if (sent === sentBefore && last !== undefined) return last
      // Its turn did not come in time, or never will: the guard is closed.
      if (reply === undefined) return end(NOT_SENT)
      maybeMade ||= mayBeMade(reply)
      const isProven = isBelieved && reply.kind === 'not_found'
      const verdict = isProven ? 'believed' : await proof.judge(reply, request.params, sentAt)
      if (verdict === 'doubted') return end(UNPROVEN)
      if (verdict === 'provisional') return { ...end(reply), isProvisional: true }
      if (verdict === 'ask_again') {
        last = end(UNCONFIRMED)
        if (attempt < MAX_ATTEMPTS && steadyNow() < context.deadline) continue
        return last
      }
      last = end(reply)
      const isOver =
        !(request.mayRepeat ?? mayRepeat)(reply, attempt) || (!isRepeated && reply.kind !== 'unanswered')
      if (isOver || !(await pauseBeforeRepeat(attempt, context.deadline))) return last
    }
  }

  async #send<Reply extends CallReply>(
    { params, leads, read, printsValues }: CallRequest<Reply>,
    { source, deadline, log, onSent, onReply, since, requests }: SentContext,
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
    if ('text' in raw && FAILURES.has(reply.kind) && !printsValues)
      onReply(quotedWords(raw.text, account.pass))
    // As `updated`, or `refused: upstream_login_failed`.
    const outcome = 'code' in reply ? `${reply.kind}: ${reply.code}` : reply.kind
    const ended = { function: params.function, leads, ms: msSince(started), outcome }
    log.info(ended, 'vicidial call')
    observer?.callEnded({ ...ended, account: account.name, ...queued, ...(requests ? { requests } : {}) })
    return reply
  }
}

function healthOfBlamed(reply: CallReply): Health {
  return reply.kind === 'not_made' || reply.kind === 'unclear' ? undefined : healthOf(reply)
}
