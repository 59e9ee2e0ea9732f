import { Callers } from '../callers/callers.ts'
import type { Config } from './config.ts'
import type { LeadRules } from '../leads/changes.ts'
import { createCleaner, type NonLatin } from '../leads/clean.ts'
import type { WebhookEndpoint } from '../webhooks/endpoint.ts'

/** Before the name of a source of webhooks, where a caller's name could stand. */
const WEBHOOK = 'webhook:'

/** What the gateway file says, which may change while the process runs: callers, compat, custom fields, webhook sources. */
export class RuntimeConfig {
  readonly callers: Callers
  #compat: boolean
  #leads: LeadRules & { readonly nonLatin: NonLatin }
  #webhooks: ReadonlyMap<string, WebhookEndpoint>

  constructor(config: Config) {
    const { nonLatin } = config.vicidial
    this.callers = new Callers(config.callers)
    this.#compat = config.compat
    this.#leads = { clean: createCleaner(nonLatin), customFields: config.customFields, nonLatin }
    this.#webhooks = byName(config.webhooks)
  }

  /** Whether VICIdial's own address is there. */
  get compat(): boolean {
    return this.#compat
  }

  get leads(): LeadRules & { readonly nonLatin: NonLatin } {
    return this.#leads
  }

  endpoint(name: string): WebhookEndpoint | undefined {
    return this.#webhooks.get(name)
  }

  /** Whether updates can come under this name: a caller's, or `webhook:NAME`. */
  hasSender(name: string): boolean {
    return name.startsWith(WEBHOOK) ? this.#webhooks.has(name.slice(WEBHOOK.length)) : this.callers.has(name)
  }

  /** Takes what `config` says in place of what was; requests under way keep what they have. */
  replace(config: Config): void {
    const before = this.#webhooks
    this.callers.replace(config.callers)
    this.#compat = config.compat
    this.#leads = { ...this.#leads, customFields: config.customFields }
    this.#webhooks = byName(config.webhooks)
    for (const endpoint of before.values())
      if (this.#webhooks.get(endpoint.name) !== endpoint) endpoint.retire()
  }
}

function byName(endpoints: readonly WebhookEndpoint[]): ReadonlyMap<string, WebhookEndpoint> {
  return new Map(endpoints.map((endpoint) => [endpoint.name, endpoint]))
}
