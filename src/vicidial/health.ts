import type { CallReply } from './call-reply.ts'
import type { Refused } from './reply.ts'

/**
 * What a call shows about VICIdial. `good`: it works and accepted the login. `alive`: it works. `failed`: no reply, or
 * one that makes no sense. `undefined`: nothing.
 */
export type Health = 'good' | 'alive' | 'failed' | 'login_refused' | 'locked_out' | undefined

/** What a reply shows about VICIdial. */
export function healthOf(reply: CallReply): Health {
  switch (reply.kind) {
    case 'updated':
    case 'found':
    case 'limit_reached':
    case 'not_found':
      return 'good'
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
