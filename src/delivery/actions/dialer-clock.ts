import { steadyNow } from '../../steady-clock.ts'
import type { Exchanged } from '../../vicidial/exchange/call-runner.ts'
import type { VersionReply } from '../../vicidial/reply/version-reply.ts'

type Answer = Exchanged<VersionReply>

/** How long VICIdial is not asked again, in milliseconds: its clock changes to summer time, but its zone stays. */
const KNOWN_MS = 60_000

/** What VICIdial says of its clock: asked once for many callbacks. */
export class DialerClock {
  #known: { readonly answer: Promise<Answer>; readonly until: number } | undefined

  /** Returns the last reply, if it is recent; otherwise asks. */
  async ask(ask: () => Promise<Answer>): Promise<Answer> {
    if (this.#known === undefined || this.#known.until <= steadyNow())
      this.#known = { answer: ask(), until: steadyNow() + KNOWN_MS }
    const { answer } = this.#known
    const exchanged = await answer
    if (exchanged.reply.kind === 'version') return exchanged
    if (this.#known.answer === answer) this.#known = undefined
    // The request that asked may have ended, which says nothing about others.
    return exchanged.isUnsent === true ? ask() : exchanged
  }
}
