import { Alerts } from '../alerts/alerts.ts'
import type { SentAlert } from '../alerts/open-alerts.ts'
import type { AlertSettings } from '../alerts/settings.ts'
import { AlertWebhook } from '../alerts/webhook.ts'
import type { Config } from '../config/config.ts'
import { KeyLines } from '../delivery/adding/key-lines.ts'
import { type DispatcherQueue, Dispatchers } from '../delivery/dispatchers.ts'
import type { OwnerView } from '../delivery/owner-view.ts'
import { RemovedAccounts } from '../jobs/removed-accounts.ts'
import { Retention } from '../jobs/retention.ts'
import { Workers } from '../jobs/workers.ts'
import type { Outbox } from '../outbox/outbox.ts'
import type { CallObserver } from '../telemetry/observer.ts'
import { OrderedDelivery } from '../updates/ordered-delivery.ts'
import { WriteNotes } from '../updates/write-notes.ts'
import type { Account } from '../vicidial/account.ts'
import { BuildWatch } from '../vicidial/build-watch.ts'
import type { CallRight } from '../vicidial/call-right.ts'
import type { UpstreamState } from '../vicidial/guard.ts'
import { steadyNow } from '../steady-clock.ts'
import type { LoginNotes } from '../vicidial/login-notes.ts'
import { MAX_KNOWN_LEADS } from '../vicidial/proof/proof.ts'
import { type UpstreamLog, Upstreams } from '../vicidial/upstreams.ts'

export interface OwnerOptions {
  readonly config: Config
  readonly outbox: Outbox
  /** Gets the end of each call. */
  readonly observer: CallObserver
  /** Called when VICIdial's build becomes known, and when it changes. */
  readonly onBuild: (build: string) => void
  /** Whether a gateway has an account of this name; updates of any other become dead letters. */
  readonly hasAccount: (account: string) => boolean
  /** Absent if no other gateway calls VICIdial. */
  readonly right?: CallRight
  /** Whether VICIdial may still work on calls of the owner before, of which nobody waits for the replies. */
  readonly isInDoubt: boolean
  /** Loads what is noted of each account's logins; absent if only this process remembers them. */
  readonly loginNotes?: (accounts: readonly Account[]) => Promise<ReadonlyMap<string, LoginNotes>>
  /** The current settings, which a reload may change; undefined: no alerts are sent. */
  readonly alertSettings: () => AlertSettings | undefined
  /** What the owner before has sent. */
  readonly sentAlerts?: readonly SentAlert[] | undefined
  /** Average time between checks whether VICIdial finds what it is known to have, in milliseconds; default: a second. */
  readonly checkEveryMs?: number | undefined
  /** How often is looked for alerts, in milliseconds; default: every 5 seconds. */
  readonly alertsEveryMs?: number | undefined
  readonly log: UpstreamLog
}

/** Time for updates in flight to settle at shutdown, in milliseconds; the rest is delivered again after the next start. */
const SETTLE_MS = 25_000

/**
 * The parts that one gateway alone runs, of all that share a database: it calls VICIdial, delivers what is stored, deletes
 * what is old, and sends alerts.
 */
export class Owner implements OwnerView {
  readonly deliveries: OrderedDelivery
  readonly #buildWatch: BuildWatch
  readonly #upstreams: Upstreams
  readonly #dispatchers: Dispatchers
  readonly #workers: Workers
  readonly #removedAccounts: RemovedAccounts
  readonly #retention: Retention
  readonly #notes: WriteNotes
  readonly #alerts: Alerts
  readonly #lines: KeyLines

  private constructor(
    options: OwnerOptions,
    knownLeads: readonly number[],
    loginNotes: ReadonlyMap<string, LoginNotes> | undefined
  ) {
    const { config, outbox, observer, onBuild, right, log } = options
    const { vicidial, dispatch, durable } = config
    const { url, dialect, source, timeoutMs, maxLeadsPerCall } = vicidial
    const { queue } = outbox
    this.#buildWatch = new BuildWatch({
      configured: vicidial.build,
      nonLatin: vicidial.nonLatin,
      onChange: onBuild,
      log
    })
    this.#upstreams = new Upstreams({
      accounts: config.accounts,
      url,
      dialect,
      source,
      timeoutMs,
      observer,
      buildWatch: this.#buildWatch,
      knownLeads,
      checkEveryMs: options.checkEveryMs,
      right,
      loginNotes,
      log
    })
    const rules = { maxLeadsPerCall, dialect }
    const lines = new KeyLines({ doubtMs: timeoutMs, isInDoubt: options.isInDoubt })
    this.#lines = lines
    const dispatchers = new Dispatchers(this.#upstreams.all, {
      rules,
      lines,
      timeZone: vicidial.timeZone,
      writes: queue,
      ...dispatch
    })
    this.#dispatchers = dispatchers
    this.#workers = new Workers(this.#upstreams.all, {
      queue,
      dispatchers,
      schedule: durable.retry,
      maxWaiting: dispatch.maxWaiting
    })
    this.#removedAccounts = new RemovedAccounts({ queue, hasAccount: options.hasAccount, log })
    this.#retention = new Retention({
      outbox,
      retentionDays: durable.retentionDays,
      historyDays: config.history.retentionDays,
      log
    })
    this.#notes = new WriteNotes({ queue, log })
    this.#alerts = new Alerts({
      settings: options.alertSettings,
      states: () => this.states,
      outbox,
      webhook: new AlertWebhook(),
      sent: options.sentAlerts,
      everyMs: options.alertsEveryMs,
      log
    })
    this.deliveries = new OrderedDelivery({
      dispatchers,
      queue,
      notes: this.#notes,
      isShared: right !== undefined
    })
  }

  static async create(options: OwnerOptions): Promise<Owner> {
    const { outbox, config, loginNotes } = options
    const [knownLeads, notes] = await Promise.all([
      outbox.updatedLeads(MAX_KNOWN_LEADS),
      loginNotes?.(config.accounts)
    ])
    return new Owner(options, knownLeads, notes)
  }

  get states(): ReadonlyMap<string, UpstreamState> {
    return this.#upstreams.states
  }

  get queues(): readonly DispatcherQueue[] {
    return this.#dispatchers.queues
  }

  /** Whether VICIdial may still work on a call that adds a lead, of which nobody waits for the reply. */
  get isInDoubt(): boolean {
    return this.#lines.isInDoubt
  }

  /** Resolves when VICIdial can't work on such a call any more. */
  certain(): Promise<void> {
    return this.#lines.certain()
  }

  /** VICIdial's build, once it is known. */
  get build(): string | undefined {
    return this.#buildWatch.build
  }

  /** The alerts that were sent and are not over. */
  get sentAlerts(): readonly SentAlert[] {
    return this.#alerts.sent
  }

  /** Gives accounts their passwords. Returns the names of those whose password is another one. */
  changePasswords(accounts: readonly Account[]): string[] {
    return this.#upstreams.changePasswords(accounts)
  }

  /** Begins to call VICIdial. */
  async start(): Promise<void> {
    await this.#upstreams.start()
    this.#workers.wake()
    await this.#retention.start()
    this.checkAccounts()
    this.#alerts.start()
  }

  /** Dead-letters what is stored for accounts that no gateway has any more. */
  checkAccounts(): void {
    void this.#removedAccounts.deadLetter()
  }

  /** Looks for stored updates. */
  wake(): void {
    this.#workers.wake()
  }

  /**
   * Takes no further stored updates. Resolves when those taken are settled, after `ms` milliseconds at the latest. Those
   * that are not settled are delivered again, by the next owner or after the next start.
   */
  async stop(ms = SETTLE_MS): Promise<void> {
    this.#alerts.stop()
    this.#retention.stop()
    this.#removedAccounts.stop()
    await this.#workers.stop(steadyNow() + ms)
  }

  /** Gives up the calls that wait; those under way go on. */
  callNoMore(): void {
    this.#buildWatch.stop()
    for (const { guard } of this.#upstreams.all) guard.close()
  }

  /** Closes every connection to VICIdial; calls under way are cut off. */
  async close(): Promise<void> {
    const noted = this.#notes.stop()
    await this.#upstreams.close()
    await noted
  }
}
