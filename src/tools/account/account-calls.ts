import type { Account } from '../../vicidial/account.ts'
import type { RawReply, Client, NoReply } from '../../vicidial/client.ts'
import { formBody, type Params } from '../../vicidial/wire.ts'
import {
  hasErrorLine,
  isAfterLogin,
  isRefusal,
  readReplyKind,
  type ReplyKind
} from '../../vicidial/reply/reply-kind.ts'

/** What came back, and what it means. */
export interface Reply {
  readonly kind: ReplyKind
  /** The unchanged text, which may contain the password; empty without a reply. */
  readonly text: string
  /** Whether there was no reply at all. */
  readonly isUnheard: boolean
  /** Absent without a reply. */
  readonly httpStatus?: number
  /** Why the reply is missing or not VICIdial's. */
  readonly why?: string
}

/**
 * Makes calls with one account's login. VICIdial locks an account after ten refused logins. So the calls end after one
 * refusal, and also after a missing reply, as it may have been a refusal.
 */
export class AccountCalls {
  readonly #client: Client
  readonly #account: Account
  readonly #source: string
  readonly #timeoutMs: number
  #refused: Reply | undefined
  #silent: Reply | undefined
  #isTaken = false

  constructor(client: Client, account: Account, source: string, timeoutMs: number) {
    this.#client = client
    this.#account = account
    this.#source = source
    this.#timeoutMs = timeoutMs
  }

  /** Makes a call. After a refusal or a missing reply, returns that reply instead. */
  async ask(params: Params, source = this.#source): Promise<Reply> {
    return this.#refused ?? this.#silent ?? (await this.#send(params, source))
  }

  /** Makes a call that is too important to skip after a missing reply. Never calls after a refusal. */
  async insist(params: Params): Promise<Reply> {
    return this.#refused ?? (await this.#send(params, this.#source))
  }

  async #send(params: Params, source: string): Promise<Reply> {
    const { user, pass } = this.#account
    const reply = replyOf(await this.#client.post(formBody(params, { source, user, pass }), this.#timeoutMs))
    if (isRefusal(reply.kind)) this.#refused = reply
    if (isAfterLogin(reply.kind)) this.#isTaken = true
    // Once the login is accepted, a reply that isn't VICIdial's is a fault of that call alone.
    const isSilence = reply.isUnheard || !(this.#isTaken || isRefusal(reply.kind))
    this.#silent = isSilence ? reply : undefined
    return reply
  }
}

function replyOf(reply: RawReply | NoReply): Reply {
  const kind = readReplyKind(reply)
  if ('sent' in reply) return { kind, text: '', isUnheard: true, why: reply.detail }
  const why = hasErrorLine(reply.text)
    ? 'VICIdial gave an unknown answer.'
    : `Something other than VICIdial answered (HTTP ${reply.httpStatus}).`
  const { httpStatus, text } = reply
  return { kind, text, httpStatus, isUnheard: false, ...(kind === 'no_reply' ? { why } : {}) }
}
