import type { NoReply } from './client.ts'
import type { DncReply } from './reply/dnc-reply.ts'
import type { HopperReply } from './reply/hopper-reply.ts'
import type { LeadActionReply } from './reply/lead-action-reply.ts'
import type {
  FieldReply,
  FoundListReply,
  LeadReply,
  Refused,
  SearchReply,
  UpdateReply
} from './reply/reply.ts'
import type { LabelsReply } from './reply/labels-reply.ts'
import type { VersionReply } from './reply/version-reply.ts'
import type { UpsertReply } from './reply/upsert-reply.ts'

/** No reply came, or the call was not sent in time. `sent`: whether VICIdial may have got it. */
export interface Unanswered extends NoReply {
  readonly kind: 'unanswered'
  /** Whether the call had much less time than usual, so that its silence says nothing about VICIdial. */
  readonly isHasty: boolean
}

/** How one call ended. */
export type CallReply =
  | UpdateReply
  | UpsertReply
  | FoundListReply
  | SearchReply
  | LeadReply
  | FieldReply
  | LabelsReply
  | DncReply
  | HopperReply
  | LeadActionReply
  | VersionReply
  | Unanswered

/** The outcome of a call that was not sent before its deadline. */
export const NOT_SENT: Unanswered = {
  kind: 'unanswered',
  isHasty: true,
  sent: 'no',
  code: 'upstream_timeout',
  detail: "The request's time was over before the call could be sent."
}

/**
 * What a call shows about VICIdial. `good`: it works and accepted the login. `alive`: it works. `failed`: no reply, or
 * one that makes no sense. `undefined`: nothing.
 */
export type Health = 'good' | 'alive' | 'failed' | 'login_refused' | 'locked_out' | undefined

/** What a reply shows about VICIdial. */
export function healthOf(reply: CallReply): Health {
  switch (reply.kind) {
    case 'updated':
    case 'added':
    case 'list_found':
    case 'found':
    case 'lead':
    case 'labels':
    case 'dnc':
    case 'queued':
    case 'acted':
    case 'limit_reached':
    case 'not_found':
      return 'good'
    // It needs no login.
    case 'version':
    // Any text can be a value, so it may come from another server.
    case 'field':
    case 'no_field':
      return 'alive'
    // Rather the lead's values are to blame.
    case 'unreadable':
      return undefined
    case 'refused':
      return healthOfRefusal(reply)
    case 'not_made':
    case 'unclear':
      return 'failed'
    case 'unanswered':
      return reply.isHasty && reply.code === 'upstream_timeout' ? undefined : 'failed'
    default:
      return reply satisfies never
  }
}

function healthOfRefusal({ code }: Refused): Health {
  switch (code) {
    case 'upstream_login_failed':
      return 'login_refused'
    case 'upstream_locked_out':
      return 'locked_out'
    // It may come from before the login, or from a server in front of VICIdial.
    case 'upstream_error':
      return 'alive'
    default:
      return 'good'
  }
}
