import type { AlertSettings } from '../alerts/settings.ts'
import { Callers } from '../callers/callers.ts'
import { serverRules, type LeadRules } from '../leads/server-rules.ts'
import { type BuildRuleId, rulesOf } from '../vicidial/builds.ts'
import type { WebhookEndpoint } from '../webhooks/endpoint.ts'
import type { Config } from './config.ts'

/** Prefix of a webhook's name where a caller's name could be too. */
const WEBHOOK = 'webhook:'

/**
 * The configuration that may change while the gateway runs: alerts, callers, compat, custom fields and webhooks, and the
 * rules of VICIdial's build.
 */
export class RuntimeConfig {
  readonly callers: Callers
  #alerts: AlertSettings | undefined
  #compat: boolean
  #leads: LeadRules
  readonly #vicidial: Config['vicidial']
  #endpoints: ReadonlyMap<string, WebhookEndpoint>
  #fingerprint: string
  readonly #listeners: (() => void)[] = []

  constructor(config: Config) {
    this.#vicidial = config.vicidial
    this.callers = new Callers(config.callers)
    this.#alerts = config.alerts
    this.#compat = config.compat
    this.#leads = leadRules(config.vicidial, config.vicidial.build, config.customFields)
    this.#endpoints = byName(config.webhooks)
    this.#fingerprint = config.fingerprint
  }

  /** See `Config.fingerprint`. */
  get fingerprint(): string {
    return this.#fingerprint
  }

  /** Undefined if no alerts are sent. */
  get alerts(): AlertSettings | undefined {
    return this.#alerts
  }

  /** Whether the gateway answers at VICIdial's own address. */
  get compat(): boolean {
    return this.#compat
  }

  get leads(): LeadRules {
    return this.#leads
  }

  /** Changes to the rules of the build that VICIdial has now; undefined: unknown. */
  adaptTo(build: string | undefined): void {
    this.#leads = leadRules(this.#vicidial, build, this.#leads.customFields)
  }

  /** The webhook endpoint of this name. */
  endpoint(name: string): WebhookEndpoint | undefined {
    return this.#endpoints.get(name)
  }

  /** All webhook endpoints, in the order of the gateway file. */
  get endpoints(): Iterable<WebhookEndpoint> {
    return this.#endpoints.values()
  }

  /** Calls `listener` after each change of the configuration. */
  onReplaced(listener: () => void): void {
    this.#listeners.push(listener)
  }

  /** Whether a caller or a webhook (`webhook:NAME`) of this name exists. */
  hasSender(name: string): boolean {
    return name.startsWith(WEBHOOK) ? this.#endpoints.has(name.slice(WEBHOOK.length)) : this.callers.has(name)
  }

  /** Applies a new configuration. Requests in flight keep the old one. */
  replace(config: Config): void {
    const before = this.#endpoints
    this.callers.replace(config.callers)
    this.#alerts = config.alerts
    this.#compat = config.compat
    this.#leads = { ...this.#leads, customFields: config.customFields }
    this.#endpoints = byName(config.webhooks)
    this.#fingerprint = config.fingerprint
    for (const endpoint of before.values())
      if (this.#endpoints.get(endpoint.name) !== endpoint) endpoint.retire()
    for (const listener of this.#listeners) listener()
  }
}

/**
 * The rules of a VICIdial, by its settings and its build.
 * @param build undefined: unknown
 */
export function leadRules(
  { nonLatin, dbCharset }: Pick<Config['vicidial'], 'nonLatin' | 'dbCharset'>,
  build: string | undefined,
  customFields: LeadRules['customFields']
): LeadRules {
  const ids = new Set<BuildRuleId>(rulesOf(build, nonLatin).map(({ id }) => id))
  const rules = serverRules(nonLatin, {
    dbCharset,
    capitalsInCountryCode: ids.has('country_code_capitals'),
    refusesApostrophes: ids.has('keys_in_apostrophes'),
    hasLookUps: !ids.has('no_lead_search')
  })
  return { ...rules, customFields }
}

function byName(endpoints: readonly WebhookEndpoint[]): ReadonlyMap<string, WebhookEndpoint> {
  return new Map(endpoints.map((endpoint) => [endpoint.name, endpoint]))
}
