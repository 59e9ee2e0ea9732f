import { KEY } from './processes.ts'

/** One lead of a request, by one of its names, and the fields to set. */
export interface Update {
  readonly lead: number
  readonly name: Readonly<Record<string, string | number>>
  readonly fields: Readonly<Record<string, string>>
}

/** How a request is answered: with results, or with a job that will have them. */
export type Way = 'direct' | 'stored' | 'webhook'

export interface Request {
  readonly way: Way
  readonly method: 'POST' | 'PATCH'
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  readonly updates: readonly Update[]
  /** A repeat of it is known: by its key, or its event's id. */
  readonly isRepeatable: boolean
}

export const LEADS = 300
/** The leads above this have phone numbers that updates change, so no update names them by phone. */
const NAMED_BY_PHONE = 200
export const FIELDS = ['status', 'city', 'address1', 'comments', 'owner', 'security_phrase', 'phone_number']
/** Every so many values are equal, so that some updates can share a call. */
const EQUAL_VALUES = 3
const JSON_HEADERS = { authorization: `Bearer ${KEY}`, 'content-type': 'application/json' }

export function below(limit: number): number {
  return Math.floor(Math.random() * limit)
}

/** True in so many of a hundred cases. */
export function chance(percent: number): boolean {
  return Math.random() * 100 < percent
}

/** The gateway file: webhooks for any of a lead's names. */
export const GATEWAY_FILE = JSON.stringify({
  webhooks: ['lead_id', 'vendor_lead_code', 'phone_number'].map((name) => ({
    name,
    auth: { callers: true },
    event_id: { header: 'X-Event-Id' },
    mapping: { lead: { [name]: 'lead' }, fields: Object.fromEntries(FIELDS.map((field) => [field, field])) }
  }))
})

/** Makes requests about a few hundred leads, some of which are asked for much more often than others. */
export class Requests {
  #values = 0
  #keys = 0

  /** A request with a way of its own. */
  next(): Request {
    const turn = below(100)
    if (turn < 25) return this.#patch()
    if (turn < 45) return this.#webhook()
    const headers = turn < 70 ? { prefer: 'respond-async' } : {}
    const way = turn < 70 ? 'stored' : 'direct'
    const [updates, body] = chance(30) ? this.#short() : this.#long()
    return this.#request(way, 'POST', '/v1/leads/batch-update', body, updates, headers)
  }

  #patch(): Request {
    const lead = this.#lead()
    const fields = this.#fields(lead)
    return this.#request('direct', 'PATCH', `/v1/leads/${lead}`, fields, [{ lead, name: {}, fields }])
  }

  #webhook(): Request {
    const [by = ''] = Object.keys(this.#name(this.#lead()))
    const updates = Array.from({ length: 1 + below(3) }, () => this.#update(by))
    const events = updates.map(({ name, fields }) => ({ lead: name[by], ...fields }))
    const path = `/v1/webhooks/${by}${chance(10) ? '?wait=2' : ''}`
    const headers = { ...JSON_HEADERS, 'x-event-id': this.#key() }
    const body = JSON.stringify(events)
    return { way: 'webhook', method: 'POST', path, headers, body, updates, isRepeatable: true }
  }

  #short(): [Update[], object] {
    const leads = new Set(Array.from({ length: 1 + below(12) }, () => this.#lead()))
    const fields = this.#fields(0)
    const updates = [...leads].map((lead) => ({ lead, name: {}, fields }))
    return [updates, { lead_ids: [...leads], fields }]
  }

  /** Sometimes with the same lead twice, by any of its names. */
  #long(): [Update[], object] {
    // Updates with the same fields share a call.
    const fields = chance(60) ? this.#fields(0) : undefined
    const updates = Array.from({ length: 1 + below(8) }, () => this.#update(undefined, fields))
    const [first] = updates
    if (first && chance(15))
      updates.push({ lead: first.lead, name: this.#name(first.lead), fields: this.#fields(first.lead) })
    return [updates, { updates: updates.map(({ name, fields }) => ({ ...name, fields })) }]
  }

  #request(
    way: Way,
    method: Request['method'],
    path: string,
    body: object,
    updates: readonly Update[],
    more: Record<string, string> = {}
  ): Request {
    const isRepeatable = chance(50)
    const key = isRepeatable ? { 'idempotency-key': this.#key() } : {}
    const headers = { ...JSON_HEADERS, ...more, ...key }
    return { way, method, path, headers, body: JSON.stringify(body), updates, isRepeatable }
  }

  #update(by?: string, fields?: Update['fields']): Update {
    for (;;) {
      const lead = this.#lead()
      const name = this.#name(lead, by)
      if (name !== undefined) return { lead, name, fields: fields ?? this.#fields(lead) }
    }
  }

  #lead(): number {
    return 1 + Math.floor(LEADS * Math.random() ** 2)
  }

  #name(lead: number): Record<string, string | number>
  #name(lead: number, by: string | undefined): Record<string, string | number> | undefined
  #name(lead: number, by?: string): Record<string, string | number> | undefined {
    const names: Record<string, string | number>[] = [{ lead_id: lead }, { vendor_lead_code: `CRM-${lead}` }]
    if (lead <= NAMED_BY_PHONE) names.push({ phone_number: String(2_125_550_000 + lead) })
    return by === undefined ? names[below(names.length)] : names.find((name) => by in name)
  }

  /** @param lead 0: several leads */
  #fields(lead: number): Record<string, string> {
    const choice = lead > NAMED_BY_PHONE ? FIELDS : FIELDS.slice(0, -1)
    const n = Math.floor(this.#values++ / EQUAL_VALUES)
    const names = Array.from({ length: 1 + below(3) }, () => choice[below(choice.length)] ?? 'city')
    return Object.fromEntries(
      names.map((name) => [name, name === 'phone_number' ? String(3_000_000_000 + n) : `v${n.toString(36)}`])
    )
  }

  #key(): string {
    return `checker-${this.#keys++}`
  }
}
