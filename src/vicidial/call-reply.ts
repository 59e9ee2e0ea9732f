import type { NoReply } from './client.ts'
import type { SearchReply, UpdateReply } from './reply.ts'

/** No reply came, or the call was not sent in time. `sent`: whether VICIdial may have got it. */
export interface Unanswered extends NoReply {
  readonly kind: 'unanswered'
  /** Whether the call had much less time than usual, so that its silence says nothing about VICIdial. */
  readonly isHasty: boolean
}

/** How one call ended. */
export type CallReply = UpdateReply | SearchReply | Unanswered

/** The outcome of a call that was not sent before its deadline. */
export const NOT_SENT: Unanswered = {
  kind: 'unanswered',
  isHasty: true,
  sent: 'no',
  code: 'upstream_timeout',
  detail: "The request's time was over before the call could be sent."
}

/** The name of a reply in the log and in metrics: `updated`, `refused: upstream_login_failed`. */
export function replyLabel(reply: CallReply): string {
  return 'code' in reply ? `${reply.kind}: ${reply.code}` : reply.kind
}
