import { Problem } from '../errors.ts'
import { AnonymousLimit, NO_KEY_POINTS, pointsOfBody, WRONG_KEY_POINTS } from './anonymous-limit.ts'
import type { Caller, RoutePermission } from './caller.ts'
import type { Callers } from './callers.ts'
import { howToSendKey, isWholeKey, KEY_PREFIX } from './key.ts'

/** How a key can be sent, for `WWW-Authenticate`. */
export const BEARER_CHALLENGE = 'Bearer realm="vicidial-gateway"'

export interface IdentifyOptions {
  /** The caller whose key it must be. */
  readonly name?: string | undefined
  /** `WWW-Authenticate` of the refusal. */
  readonly challenge?: string
  /** What the refusal of a request without a key says about sending one. */
  readonly howToSend?: string
}

/** Identifies callers by their keys, and limits what an address may do without a valid one. */
export class AccessControl {
  readonly callers: Callers
  readonly #anonymous: AnonymousLimit

  /** @param anonymousPointsPerMinute points for each address, see AnonymousLimit; 0: no limit */
  constructor(callers: Callers, anonymousPointsPerMinute: number) {
    this.callers = callers
    this.#anonymous = new AnonymousLimit(anonymousPointsPerMinute)
  }

  /**
   * Finds the caller of a key; without one the request counts against its address.
   * @throws Problem unauthenticated, rate_limited
   */
  identify(
    key: string | undefined,
    ip: string,
    { name, challenge = BEARER_CHALLENGE, howToSend = howToSendKey() }: IdentifyOptions = {}
  ): Caller {
    const caller = key === undefined ? undefined : this.callers.find(key)
    if (caller !== undefined && caller.name === (name ?? caller.name)) return caller
    if (key === undefined) this.countKeyless(ip)
    else this.countWrongKey(ip)
    const detail = key === undefined ? `The request has no API key. ${howToSend}` : whyUnknown(key)
    throw new Problem('unauthenticated', detail, { headers: { 'www-authenticate': challenge } })
  }

  /**
   * Counts a request for something public, unless its key is valid. Returns the caller of a valid key.
   * @throws Problem rate_limited
   */
  countAnonymous(key: string | undefined, ip: string): Caller | undefined {
    const caller = key === undefined ? undefined : this.callers.find(key)
    if (key === undefined) this.countKeyless(ip)
    else if (caller === undefined) this.countWrongKey(ip)
    return caller
  }

  /** Counts a request without a key. @throws Problem rate_limited */
  countKeyless(ip: string): void {
    this.#anonymous.take(ip, NO_KEY_POINTS)
  }

  /**
   * Counts a body that has to be parsed to learn who sent it, before it is.
   * @returns gives its points back, once the sender has proved itself
   * @throws Problem rate_limited
   */
  countBody(ip: string, bytes: number): () => void {
    const points = pointsOfBody(bytes)
    if (points === 0) return () => {}
    this.#anonymous.take(ip, points)
    return () => {
      this.#anonymous.giveBack(ip, points)
    }
  }

  /** Counts a request with a wrong key, signature or session. @throws Problem rate_limited */
  countWrongKey(ip: string): void {
    this.#anonymous.take(ip, WRONG_KEY_POINTS)
  }
}

function whyUnknown(key: string): string {
  const isCut = key.startsWith(KEY_PREFIX) && !isWholeKey(key)
  return isCut ? 'The API key is incomplete or mistyped.' : 'The API key is unknown or has expired.'
}

/** @throws Problem permission_denied, naming the missing permission */
export function requirePermission(caller: Caller, permission: RoutePermission): void {
  if (caller.may(permission)) return
  const detail = `The caller ${caller.name} lacks "${permission}" (permissions.routes).`
  throw new Problem('permission_denied', detail)
}

/** @throws Problem permission_denied, if the request names a `source` that the caller may not use */
export function requireSource(caller: Caller, source: string | undefined): void {
  if (source === undefined || caller.mayUseSource(source)) return
  const detail = `The caller ${caller.name} may not use the source ${source} (permissions.sources).`
  throw new Problem('permission_denied', detail)
}

/** @throws Problem permission_denied, if the caller may not call from this address */
export function requireNetwork(caller: Caller, ip: string): void {
  if (caller.mayCallFrom(ip)) return
  throw new Problem('permission_denied', `The caller ${caller.name} may not call from ${ip} (networks).`)
}
