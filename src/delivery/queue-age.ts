/** What each caller waits for that was not sent at all, and since when. */
export class QueueAge {
  /** Caller → what it waits for → since when, in milliseconds since the epoch: the oldest stands first. */
  readonly #waiting = new Map<string, Map<object, number>>()

  enter(caller: string, unsent: object, now: number): void {
    const ofCaller = this.#waiting.get(caller)
    if (ofCaller === undefined) this.#waiting.set(caller, new Map([[unsent, now]]))
    else ofCaller.set(unsent, now)
  }

  /** It is sent, at least in part, or given up. */
  leave(caller: string, unsent: object): void {
    const ofCaller = this.#waiting.get(caller)
    ofCaller?.delete(unsent)
    if (ofCaller?.size === 0) this.#waiting.delete(caller)
  }

  /** How long the oldest has waited, in milliseconds; 0 if there is none. */
  oldestMs(caller: string, now: number): number {
    for (const since of this.#waiting.get(caller)?.values() ?? []) return now - since
    return 0
  }

  /** How long the oldest of any caller has waited, in milliseconds; 0 if there is none. */
  oldestOfAllMs(now: number): number {
    return this.#waiting.keys().reduce((oldest, caller) => Math.max(oldest, this.oldestMs(caller, now)), 0)
  }
}
