import { setTimeout as pause } from 'node:timers/promises'
import { Pool } from 'undici'
import { KEY } from './processes.ts'
import { below } from './requests.ts'

export interface Sendable {
  readonly method: 'GET' | 'POST' | 'PATCH'
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string
}

export interface Answer {
  readonly status: number
  readonly isReplayed: boolean
  readonly text: string
  readonly body: any
}

/** Pause after a connection that broke, in milliseconds. */
const BROKEN_MS = 5

/** Sends requests to the gateway. */
export class GatewayClient {
  readonly #pool: Pool

  /** @param answerMs how long to wait for an answer, in milliseconds; 0: for ever */
  constructor(origin: string, answerMs = 0) {
    this.#pool = new Pool(origin, { connections: 64, headersTimeout: answerMs, bodyTimeout: 0 })
  }

  close(): Promise<void> {
    return this.#pool.destroy()
  }

  get(path: string): Promise<Answer | undefined> {
    return this.exchange({ method: 'GET', path, headers: { authorization: `Bearer ${KEY}` } })
  }

  /**
   * @param hangsUp closes the connection, most likely before the answer
   * @returns undefined if the connection broke before the answer was complete, or there was none in time
   */
  async exchange({ method, path, headers, body }: Sendable, hangsUp = false): Promise<Answer | undefined> {
    try {
      const response = await this.#pool.request({
        method,
        path,
        headers,
        body: body ?? null,
        ...(hangsUp ? { signal: AbortSignal.timeout(1 + below(8)) } : {})
      })
      const text = await response.body.text()
      const isReplayed = response.headers['idempotency-replayed'] === 'true'
      return { status: response.statusCode, isReplayed, text, body: text === '' ? {} : JSON.parse(text) }
    } catch {
      await pause(BROKEN_MS)
      return undefined
    }
  }
}

/** Nothing was done. */
export function isRefusal({ status, body }: Answer): boolean {
  return [409, 429, 503].includes(status) && body.results === undefined
}

/** The answer isn't kept for repeats. */
export function isTransient({ status, body }: Answer): boolean {
  const results = (body.results ?? [body]) as { error?: { retryable: boolean } }[]
  return status >= 400 || results.some(({ error }) => error?.retryable === true)
}
