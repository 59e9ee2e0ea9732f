import { setTimeout as pause } from 'node:timers/promises'
import { request as send } from 'undici'
import { API_KEY } from '../../helper.ts'

/** Timeout for a request, in milliseconds: a gateway may be stopped. */
const TIMEOUT_MS = 3_000
const BETWEEN_MS = 20
const LEADS_EACH = 4

/**
 * Senders that know only what they were answered. Each has its own leads, and sends a new value when the last one was
 * accepted; it repeats a request, at any gateway, until it is answered.
 */
export class Writers {
  readonly #origins: readonly string[]
  readonly #writers: readonly Writer[]
  #isStopped = false
  stored = 0
  synchronous = 0
  repeated = 0

  constructor(origins: readonly string[], count: number) {
    this.#origins = origins
    this.#writers = Array.from({ length: count }, (_, n) => ({ number: n, value: 0 }))
  }

  /** Sends until `stop`. Resolves when every request is answered. */
  async send(): Promise<void> {
    await Promise.all(this.#writers.map((writer) => this.#run(writer)))
  }

  stop(): void {
    this.#isStopped = true
  }

  /** The leads of each writer and the value that they must end with. */
  get expected(): Map<number, string> {
    return new Map(
      this.#writers.flatMap((writer) => leadsOf(writer).map((lead) => [lead, valueOf(writer)] as const))
    )
  }

  async #run(writer: Writer): Promise<void> {
    while (!this.#isStopped) {
      writer.value++
      const isStored = Math.random() < 0.5
      for (let attempt = 1; !(await this.#accepted(writer, isStored)); attempt++) {
        if (attempt === 1) this.repeated++
        await pause(10 * BETWEEN_MS)
      }
      if (isStored) this.stored++
      else this.synchronous++
      await pause(Math.random() * BETWEEN_MS)
    }
  }

  /** Sends the writer's value to any gateway. Returns whether it was accepted, or is made. */
  async #accepted(writer: Writer, isStored: boolean): Promise<boolean> {
    const origin = this.#origins[Math.floor(Math.random() * this.#origins.length)] ?? ''
    try {
      const { statusCode, body } = await send(`${origin}/v1/leads/batch-update`, {
        method: 'POST',
        headers: {
          authorization: `Bearer ${API_KEY}`,
          'content-type': 'application/json',
          ...(isStored ? { prefer: 'respond-async', 'idempotency-key': valueOf(writer) } : {})
        },
        body: JSON.stringify({ lead_ids: leadsOf(writer), fields: { comments: valueOf(writer) } }),
        signal: AbortSignal.timeout(TIMEOUT_MS)
      })
      const text = await body.text()
      return statusCode === (isStored ? 202 : 200) || (!isStored && isMade(text))
    } catch {
      return false
    }
  }
}

interface Writer {
  readonly number: number
  /** The number of its latest value. */
  value: number
}

function valueOf({ number, value }: Writer): string {
  return `w${number}-${value}`
}

function leadsOf({ number }: Writer): number[] {
  return Array.from({ length: LEADS_EACH }, (_, n) => 1 + number * LEADS_EACH + n)
}

function isMade(text: string): boolean {
  const { results = [] } = JSON.parse(text) as { results?: { status: string }[] }
  return results.length > 0 && results.every(({ status }) => status === 'updated')
}
