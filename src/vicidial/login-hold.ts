/** Pause after a refused login, in milliseconds; then one probe may be made. */
const PROBE_EVERY_MS = 60_000
/** VICIdial locks an account after ten refusals within 15 minutes, so fewer are risked. */
const MAX_REFUSALS = 8
/** A little more than VICIdial's 15 minutes. */
const WINDOW_MS = 16 * 60_000

/** A refused login. */
export interface LoginRefusal {
  /** Milliseconds since the epoch. */
  readonly at: number
  /** What VICIdial said; undefined if its reply was lost, so that it may have been a refusal. */
  readonly said: 'login_refused' | 'locked_out' | undefined
  /** Whether the login was accepted since: it still counts, but nothing has to be probed. */
  readonly isOver: boolean
}

/**
 * Keeps the login from being locked. After a refusal only probes are sent, at most one a minute, and never so many that
 * VICIdial could count ten refusals in its 15 minutes. The first refusal after a good login is probed at once, once: with
 * PHP 7 a database that goes away before VICIdial has read its users reads like a wrong password.
 */
export class LoginHold {
  readonly #refusals: number[] = []
  #nextProbeAt = 0
  /** Whether the login was accepted since the last refusal. */
  #isProven = false
  #state: 'login_refused' | 'locked_out' | undefined

  /** @param earlier refusals of other processes, oldest first */
  constructor(earlier: readonly LoginRefusal[] = []) {
    for (const { at } of earlier) this.#refusals.push(at)
    const last = earlier.at(-1)
    if (last === undefined || last.isOver) return
    const oldest = this.#refusals.at(-MAX_REFUSALS)
    const isFull = oldest !== undefined && oldest > last.at - WINDOW_MS
    const said = earlier.findLast((one) => one.said !== undefined && !one.isOver)
    if (said === undefined && !isFull) return
    this.#state = said?.said ?? 'login_refused'
    const fullUntil = isFull ? oldest + WINDOW_MS : 0
    this.#nextProbeAt = Math.max((said?.at ?? last.at) + PROBE_EVERY_MS, fullUntil)
  }

  /** VICIdial's last word on the login, if it was a refusal. */
  get state(): 'login_refused' | 'locked_out' | undefined {
    return this.#state
  }

  /** When the login may be probed next, in milliseconds since the epoch. */
  get nextProbeAt(): number {
    return this.#nextProbeAt
  }

  /**
   * Notes a refusal at `now`, in milliseconds since the epoch. A call that was in flight when
   * another was refused does not delay the next probe.
   */
  refused(state: 'login_refused' | 'locked_out', now: number, isProbe: boolean): void {
    const isFirst = this.#state === undefined
    const isDoubtful = isFirst && this.#isProven && state === 'login_refused'
    this.#state = state
    this.#isProven = false
    this.#refusals.push(now)
    while ((this.#refusals[0] ?? now) <= now - WINDOW_MS) this.#refusals.shift()
    const oldest = this.#refusals.at(-MAX_REFUSALS)
    if (isDoubtful) this.#nextProbeAt = now
    else if (isFirst || isProbe) this.#nextProbeAt = now + PROBE_EVERY_MS
    if (oldest !== undefined) this.#nextProbeAt = Math.max(this.#nextProbeAt, oldest + WINDOW_MS)
  }

  /** Notes that the login has another password from `now` on, in milliseconds since the epoch: it may be probed at once. */
  changed(now: number): void {
    const oldest = this.#refusals.at(-MAX_REFUSALS)
    this.#isProven = false
    this.#nextProbeAt = oldest === undefined ? now : Math.max(now, oldest + WINDOW_MS)
  }

  /** Notes that the login was accepted. */
  accepted(): void {
    this.#isProven = true
    this.#state = undefined
  }
}
