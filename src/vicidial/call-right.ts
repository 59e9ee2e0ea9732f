import type { Dispatcher } from 'undici'
import type { Refused } from './reply/reply.ts'

/** The right to call VICIdial: of several gateways, one has it. Looked at before every call and every probe. */
export interface CallRight {
  /** Whether a call may be sent now. */
  readonly isHeld: boolean
  /** Notes that a call begins. Returns what notes its end. */
  begin(): () => void
}

/** The right of a gateway that shares VICIdial with no other. */
export const UNSHARED: CallRight = { isHeld: true, begin: () => () => {} }

const DETAIL = 'This gateway may not call VICIdial now: another one does, or it cannot ask the database.'

/** The refusal of a call without the right. */
export const NO_RIGHT: Refused = { kind: 'refused', code: 'upstream_unavailable', detail: DETAIL }

/** Why a request was not sent: the right was lost after it had begun to wait for its connection. */
export class RightLostError extends Error {
  constructor() {
    super(DETAIL)
    this.name = 'RightLostError'
  }
}

/**
 * Looks at the right once more when a connection is there and the first byte is about to be sent. A process that was
 * stopped and continued could otherwise send what it had prepared before.
 */
export function onlyWith(right: CallRight): Dispatcher.DispatcherComposeInterceptor {
  return (dispatch) => (options, handler) => dispatch(options, new CheckedHandler(handler, right))
}

/** Passes everything on, but the start of a request only with the right. */
class CheckedHandler implements Dispatcher.DispatchHandler {
  readonly #handler: Dispatcher.DispatchHandler
  readonly #right: CallRight

  constructor(handler: Dispatcher.DispatchHandler, right: CallRight) {
    this.#handler = handler
    this.#right = right
  }

  onRequestStart(...args: Parameters<Required<Dispatcher.DispatchHandler>['onRequestStart']>): void {
    if (!this.#right.isHeld) throw new RightLostError()
    this.#handler.onRequestStart?.(...args)
  }

  onResponseStart(...args: Parameters<Required<Dispatcher.DispatchHandler>['onResponseStart']>): void {
    this.#handler.onResponseStart?.(...args)
  }

  onResponseData(...args: Parameters<Required<Dispatcher.DispatchHandler>['onResponseData']>): void {
    this.#handler.onResponseData?.(...args)
  }

  onResponseEnd(...args: Parameters<Required<Dispatcher.DispatchHandler>['onResponseEnd']>): void {
    this.#handler.onResponseEnd?.(...args)
  }

  onResponseError(...args: Parameters<Required<Dispatcher.DispatchHandler>['onResponseError']>): void {
    this.#handler.onResponseError?.(...args)
  }
}
