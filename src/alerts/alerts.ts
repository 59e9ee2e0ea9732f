import type { DiskSpace, Outbox } from '../outbox/outbox.ts'
import { steadyNow } from '../steady-clock.ts'
import type { UpstreamState } from '../vicidial/guard.ts'
import { findings } from './findings.ts'
import { messageOf } from './message.ts'
import { type AlertLine, type Moment, OpenAlerts, type SentAlert } from './open-alerts.ts'
import type { AlertSettings } from './settings.ts'
import type { AlertWebhook } from './webhook.ts'

export interface AlertsOptions {
  /** The current settings, which a reload may change; undefined: no alerts are sent. */
  readonly settings: () => AlertSettings | undefined
  /** VICIdial's state by account. */
  readonly states: () => ReadonlyMap<string, UpstreamState>
  readonly outbox: Pick<Outbox, 'diskSpace' | 'fault' | 'queue'>
  /** Is closed when nothing more is to be sent. */
  readonly webhook: Pick<AlertWebhook, 'close' | 'post'>
  /** What the owner before has sent. */
  readonly sent?: readonly SentAlert[] | undefined
  /** How often everything is looked at, in milliseconds; default: every 5 seconds. */
  readonly everyMs?: number | undefined
  readonly log: {
    info(members: object, message: string): void
    warn(members: object, message: string): void
  }
}

const LOOK_EVERY_MS = 5_000
/** Between two messages, in milliseconds. What happens meanwhile is in the second. */
const BETWEEN_MESSAGES_MS = 30_000
/** After a message that was not taken, in milliseconds; twice as long after each further one. */
const FIRST_RETRY_MS = 15_000
const LONGEST_RETRY_MS = 600_000

/** Posts to a webhook what an operator has to know: what is wrong, once, and that it is over, once. */
export class Alerts {
  readonly #options: AlertsOptions
  #open: OpenAlerts
  /** Where alerts go, and how. */
  #destination: string
  #disk: DiskSpace | undefined
  #isReadingDisk = false
  #isPosting = false
  /** When the next message may be posted, on the steady clock. */
  #nextAt = 0
  #retryMs = FIRST_RETRY_MS
  #timer: NodeJS.Timeout | undefined
  #isStopped = false

  constructor(options: AlertsOptions) {
    this.#options = options
    this.#open = new OpenAlerts(options.sent)
    this.#destination = destinationOf(options.settings())
  }

  /** What was sent and is not over. */
  get sent(): readonly SentAlert[] {
    return this.#open.sent
  }

  start(): void {
    this.#timer = setTimeout(() => {
      this.#look()
      if (!this.#isStopped) this.start()
    }, this.#options.everyMs ?? LOOK_EVERY_MS)
  }

  /** Sends nothing more. A message that is being posted is cut off. */
  stop(): void {
    this.#isStopped = true
    clearTimeout(this.#timer)
    this.#options.webhook.close()
  }

  #look(): void {
    const settings = this.#options.settings()
    this.#changeDestination(destinationOf(settings))
    if (settings === undefined) return
    void this.#readDisk()
    const { states, outbox } = this.#options
    const now = moment()
    const sources = { states: states(), outbox, disk: this.#disk }
    // A clock that was set forward makes nothing late.
    this.#open.note(findings(sources, settings, Math.min(now.system, now.steady)), now)
    if (this.#isPosting || now.steady < this.#nextAt) return
    const lines = this.#open.due(now)
    if (lines.length > 0) void this.#send(lines, settings)
  }

  /** Whoever reads another place knows nothing yet. */
  #changeDestination(destination: string): void {
    if (destination === this.#destination) return
    this.#destination = destination
    this.#open = new OpenAlerts()
    this.#nextAt = 0
    this.#retryMs = FIRST_RETRY_MS
  }

  async #send(lines: readonly AlertLine[], settings: AlertSettings): Promise<void> {
    const { webhook, log } = this.#options
    const open = this.#open
    this.#isPosting = true
    const fault = await webhook.post(settings.url, messageOf(lines, settings, Date.now()))
    this.#isPosting = false
    if (open !== this.#open || (this.#isStopped && fault !== undefined)) return
    const now = moment()
    const alerts = lines.map(nameOf)
    if (fault === undefined) {
      open.noteSent(lines, settings.pauseMs, now)
      this.#nextAt = now.steady + BETWEEN_MESSAGES_MS
      this.#retryMs = FIRST_RETRY_MS
      log.info({ alerts }, 'alerts sent')
      return
    }
    this.#nextAt = now.steady + this.#retryMs
    log.warn(
      { alerts, fault, retry_in_s: this.#retryMs / 1_000 },
      'alerts cannot be sent: the webhook does not take them'
    )
    this.#retryMs = Math.min(2 * this.#retryMs, LONGEST_RETRY_MS)
  }

  /** Reads how full the disk is. One that hangs holds up nothing else; of one that fails nothing is known. */
  async #readDisk(): Promise<void> {
    const { outbox } = this.#options
    if (this.#isReadingDisk) return
    this.#isReadingDisk = true
    this.#disk = await outbox.diskSpace?.().catch(() => undefined)
    this.#isReadingDisk = false
  }
}

function moment(): Moment {
  return { steady: steadyNow(), system: Date.now() }
}

function destinationOf(settings: AlertSettings | undefined): string {
  return settings === undefined ? '' : `${settings.format} ${settings.url.href}`
}

/** As in the log: `login_refused of sales`, `over: dead_letters`. */
function nameOf({ kind, account, until }: AlertLine): string {
  return `${until === undefined ? '' : 'over: '}${kind}${account === undefined ? '' : ` of ${account}`}`
}
