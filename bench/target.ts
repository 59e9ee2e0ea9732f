import { Pool } from 'undici'
import { KEY } from './servers.ts'

/** The VICIdial that is measured, and which of its leads may be changed. */
export interface Target {
  readonly url: string
  readonly user: string
  readonly pass: string
  readonly firstLead: number
  readonly leads: number
}

/** Change sets of the measurements; two fields each. */
export function changeSet(n: number): { status: string; city: string } {
  return { status: `B${n}`, city: `City ${n}` }
}

/** Sends calls to VICIdial as one would by hand. */
export class Direct {
  readonly #pool: Pool
  readonly #target: Target
  readonly #path: string

  constructor(target: Target, connections: number) {
    const url = new URL(target.url)
    this.#pool = new Pool(url.origin, { connections, pipelining: 1 })
    this.#path = url.pathname
    this.#target = target
  }

  /** @throws if VICIdial does not answer with a success */
  async call(params: Record<string, string>): Promise<void> {
    const text = await this.#post({ ...params, records: '10000' })
    if (!/^SUCCESS/m.test(text)) throw new Error(`VICIdial answered: ${text.slice(0, 100)}`)
  }

  /** Looks codes up. @throws if VICIdial finds none of them */
  async search(codes: readonly string[]): Promise<void> {
    const text = await this.#post({
      function: 'lead_search',
      search_method: 'VENDOR_LEAD_CODE',
      vendor_lead_code: codes.join(','),
      records: '100000'
    })
    if (text.startsWith('ERROR')) throw new Error(`VICIdial answered: ${text.slice(0, 100)}`)
  }

  async #post(params: Record<string, string>): Promise<string> {
    const { user, pass } = this.#target
    const body = new URLSearchParams({ source: 'bench', user, pass, ...params }).toString()
    const headers = { 'content-type': 'application/x-www-form-urlencoded' }
    const response = await this.#pool.request({ path: this.#path, method: 'POST', headers, body })
    return response.body.text()
  }

  close(): Promise<void> {
    return this.#pool.close()
  }
}

/** Sends requests to the gateway. */
export class Through {
  readonly #pool: Pool

  constructor(origin: string, connections: number) {
    this.#pool = new Pool(origin, { connections, pipelining: 1 })
  }

  /** @throws if not every lead was updated */
  async batch(body: string): Promise<void> {
    const headers = { 'content-type': 'application/json', authorization: `Bearer ${KEY}` }
    const response = await this.#pool.request({
      path: '/v1/leads/batch-update',
      method: 'POST',
      headers,
      body
    })
    const text = await response.body.text()
    if (response.statusCode !== 200)
      throw new Error(`the gateway answered ${response.statusCode}: ${text.slice(0, 300)}`)
  }

  close(): Promise<void> {
    return this.#pool.close()
  }
}
