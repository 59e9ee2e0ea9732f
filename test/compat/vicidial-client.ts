/** What a client written for VICIdial knows of an update after it. */
export interface Told {
  readonly ok: boolean
  /** The leads that VICIdial found, as it lists them. */
  readonly leads: readonly string[]
  /** The error, up to what the call itself said. */
  readonly error?: string
}

/**
 * A client of VICIdial's `batch_update_lead`, as its documentation has it: it looks at the text only, reads the first
 * line, and takes `USER|CHANGED|FOUND|ids` apart at the pipes. It knows nothing of this gateway.
 */
export class VicidialClient {
  readonly #url: string
  readonly #login: { readonly user: string; readonly pass: string }

  constructor(url: string, user: string, pass: string) {
    this.#url = url
    this.#login = { user, pass }
  }

  async batchUpdateLead(
    leadIds: readonly number[],
    values: Readonly<Record<string, string>>,
    method: 'GET' | 'POST' = 'POST'
  ): Promise<Told> {
    const parameters = new URLSearchParams({
      source: 'test',
      ...this.#login,
      function: 'batch_update_lead',
      lead_ids: leadIds.join(','),
      ...values
    })
    const response =
      method === 'GET'
        ? await fetch(`${this.#url}?${parameters.toString()}`)
        : await fetch(this.#url, { method, body: parameters })
    const [line = ''] = (await response.text()).split('\n')
    if (!line.startsWith('SUCCESS'))
      return { ok: false, leads: [], error: line.split(/[:|] ?\|| - /)[0] ?? '' }
    const [, , , ids = ''] = line.split('|')
    return { ok: true, leads: ids.split(',') }
  }
}
