/** Pause after a refused login, in milliseconds; then one probe may be made. */
const PROBE_EVERY_MS = 60_000
/** VICIdial locks an account for 15 minutes after ten refusals, so fewer are risked in a little more time. */
const MAX_REFUSALS = 8
const WINDOW_MS = 16 * 60_000

/**
 * Keeps the login from being locked. After a refusal only probes are sent, at most one a minute, and never so many that
 * VICIdial could count ten refusals in its 15 minutes.
 */
export class LoginHold {
  readonly #refusals: number[] = []
  #nextProbeAt = 0
  #state: 'login_refused' | 'locked_out' | undefined

  /** VICIdial's last word on the login, if it was a refusal. */
  get state(): 'login_refused' | 'locked_out' | undefined {
    return this.#state
  }

  /** When the login may be probed next, in milliseconds since the epoch. */
  get nextProbeAt(): number {
    return this.#nextProbeAt
  }

  /** Notes a refusal at `now`, in milliseconds since the epoch. */
  refused(state: 'login_refused' | 'locked_out', now: number): void {
    this.#state = state
    this.#refusals.push(now)
    while ((this.#refusals[0] ?? now) <= now - WINDOW_MS) this.#refusals.shift()
    const oldest = this.#refusals.at(-MAX_REFUSALS)
    this.#nextProbeAt = Math.max(now + PROBE_EVERY_MS, oldest === undefined ? 0 : oldest + WINDOW_MS)
  }

  /** Notes that the login was accepted. */
  accepted(): void {
    this.#state = undefined
  }
}
