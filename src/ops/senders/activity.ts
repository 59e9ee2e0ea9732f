import { CallerActivity } from './caller-activity.ts'
import { type Source, WebhookActivity } from './webhook-activity.ts'

/** What callers and webhook sources did, since the gateway started; in memory. */
export class Activity {
  /** Milliseconds since the epoch. */
  readonly since = Date.now()
  readonly webhooks = new WebhookActivity()
  readonly callers: CallerActivity

  /** @param senders the configured callers, and `webhook:NAME` */
  constructor(senders: { hasSender(name: string): boolean }) {
    this.callers = new CallerActivity(senders)
  }

  /** Applies a changed configuration: forgets what is no longer in it. */
  keepOnly(sources: Iterable<Source>): void {
    this.webhooks.keepOnly(sources)
    this.callers.forgetOthers()
  }
}
