import { overloaded } from '../errors.ts'
import { steadyNow } from '../steady-clock.ts'
import { Turns } from './turns.ts'

export interface AdmissionOptions {
  /** Updates that may wait for their outcomes, all requests together. */
  readonly maxWaiting: number
  /** A caller is refused while its oldest unsent request has waited longer, in milliseconds; absent: no limit. */
  readonly maxAgeMs?: number
}

/** A request whose updates wait. */
export interface WaitingRequest {
  readonly caller: string
  /** Milliseconds since the epoch. */
  readonly receivedAt: number
}

/** Most characters of changes that may wait, to bound memory. */
const MAX_WAITING_CHARACTERS = 64 * 1024 * 1024
const NO_ROOM = 'there is no room for more'
const TOO_OLD = "this caller's oldest request has waited too long"

/** Decides whether a request may wait: limits the updates, their size in memory, and the age of each caller's queue. */
export class Admission {
  readonly drainRate = new DrainRate()
  readonly #options: AdmissionOptions
  /** Caller → its requests of which nothing was sent, oldest first. */
  readonly #unsent = new Map<string, Turns<WaitingRequest>>()
  #waiting = 0
  #characters = 0

  constructor(options: AdmissionOptions) {
    this.#options = options
  }

  /** Updates without an outcome. */
  get waiting(): number {
    return this.#waiting
  }

  /**
   * Admits a request's updates.
   * @param characters size of the changes that it asks for, each counted once
   * @throws Problem overloaded; nothing is admitted then
   */
  admit(request: WaitingRequest, updates: number, characters: number): void {
    const { maxAgeMs = Number.POSITIVE_INFINITY } = this.#options
    const isTooMany = this.#waiting + updates > this.#options.maxWaiting
    const isTooLarge = this.#characters + characters > MAX_WAITING_CHARACTERS
    // Alone, a request of any size is admitted.
    if (this.#waiting > 0 && (isTooMany || isTooLarge)) throw this.#overloaded(NO_ROOM)
    const unsent = this.#unsent.get(request.caller)
    if (ageMs(unsent, request.receivedAt) > maxAgeMs) throw this.#overloaded(TOO_OLD)
    this.#waiting += updates
    this.#characters += characters
    const requests = unsent ?? new Turns<WaitingRequest>()
    requests.add(request)
    this.#unsent.set(request.caller, requests)
  }

  /** Admits `leads` more that the key of an admitted update matches. Returns false if there is no room. */
  admitMore(leads: number): boolean {
    if (this.#waiting + leads > this.#options.maxWaiting) return false
    this.#waiting += leads
    return true
  }

  /** Part of the request is sent, or all of it is given up: it no longer counts for the age. */
  markSent(request: WaitingRequest): void {
    const unsent = this.#unsent.get(request.caller)
    unsent?.delete(request)
    if (unsent?.isEmpty) this.#unsent.delete(request.caller)
  }

  /** Frees the room of an update that has its outcome. */
  settle(leads: number): void {
    this.#waiting -= leads
  }

  /** Ends an admitted request; `characters` as admitted. */
  release(request: WaitingRequest, characters: number): void {
    this.markSent(request)
    this.#characters -= characters
  }

  /** How long the oldest unsent request has waited at `now`, in milliseconds; 0 if there is none. */
  oldestMs(now: number): number {
    return this.#unsent.values().reduce((oldest, unsent) => Math.max(oldest, ageMs(unsent, now)), 0)
  }

  #overloaded(why: string) {
    const detail = `${this.#waiting} updates are waiting for VICIdial; ${why}.`
    return overloaded(detail, this.drainRate.secondsFor(this.#waiting))
  }
}

/** How long the oldest of some requests has waited at `now`, in milliseconds; 0 if there are none. */
function ageMs(unsent: Turns<WaitingRequest> | undefined, now: number): number {
  return now - (unsent?.first?.receivedAt ?? now)
}

const WINDOW_SECONDS = 10
/** Longest time that a client is asked to wait. */
const MAX_SECONDS = 60

/** Leads settled per second, over the last ten seconds. */
export class DrainRate {
  /** Second → leads settled in it. */
  readonly #counts = new Map<number, number>()
  readonly #now: () => number

  constructor(now: () => number = steadyNow) {
    this.#now = now
  }

  count(settled: number): void {
    const second = Math.floor(this.#now() / 1_000)
    this.#counts.set(second, (this.#counts.get(second) ?? 0) + settled)
    for (const old of this.#counts.keys()) {
      if (old <= second - WINDOW_SECONDS) this.#counts.delete(old)
    }
  }

  /** Seconds in which `waiting` updates will be settled at the present rate, from 1 to 60. */
  secondsFor(waiting: number): number {
    const second = Math.floor(this.#now() / 1_000)
    let settled = 0
    for (const [at, count] of this.#counts) {
      if (at > second - WINDOW_SECONDS) settled += count
    }
    const perSecond = settled / WINDOW_SECONDS
    return Math.min(MAX_SECONDS, Math.max(1, Math.ceil(waiting / Math.max(perSecond, 1))))
  }
}
