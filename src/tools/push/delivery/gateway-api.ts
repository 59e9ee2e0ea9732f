import PQueue from 'p-queue'
import type { BatchRequest, GatewayClient } from '../../../client/client.ts'
import { errorCode } from '../../../error-code.ts'
import type { KnownFields } from '../columns/column-target.ts'
import { PushFailure } from '../errors.ts'
import type { Limits } from '../time-left.ts'
import { type BatchResponse, describeProblem, readBatchResponse, readBody } from './batch-response.ts'

/** A response, and how long it took in milliseconds. */
export type TimedResponse = BatchResponse & { readonly ms: number }

/** How long an interrupted push waits for requests in flight, in milliseconds. */
const GRACE_MS = 1_500

/** The API of a running gateway, as far as a push needs it. */
export class GatewayApi {
  readonly #client: GatewayClient
  /** The gateway's URL, without a trailing slash. */
  readonly address: string
  readonly #queue: PQueue

  /** @param concurrency maximum concurrent requests */
  constructor(client: GatewayClient, address: string, concurrency: number) {
    this.#queue = new PQueue({ concurrency })
    this.#client = client
    this.address = address.replace(/(?<!\/)\/+$/, '')
  }

  /**
   * Fetches what can be set, and how fast. Also shows that the gateway is up and accepts the key.
   * @throws PushFailure without a valid response
   */
  async catalogue(): Promise<{ readonly known: KnownFields; readonly limits: Limits }> {
    const { data, error, response } = await this.#client
      .GET('/v1/fields', { redirect: 'manual' })
      .catch((error: unknown) => {
        const message = `Can't reach ${this.address} (${causeOf(error)}): is the gateway running there?`
        throw new PushFailure(message, 2)
      })
    if (data === undefined || !Array.isArray(data.fields))
      throw new PushFailure(describeProblem(response.status, readBody(error)), 2)
    const { max_calls_per_second: callsPerSecond, updates_per_minute: updatesPerMinute } = data.limits
    return {
      known: {
        fields: new Map(data.fields.map(({ name, type }) => [name, { type }])),
        customFields: data.custom_fields.map(({ label }) => label)
      },
      limits: { callsPerSecond: callsPerSecond === 0 ? undefined : callsPerSecond, updatesPerMinute }
    }
  }

  /**
   * Sends a batch of `count` updates. Never throws for an error of the gateway or the network.
   * @param json the body; the gateway validates it
   * @param signal an aborted request is not sent, or ends soon after. The gateway finishes what it has begun, and keeps
   * the answer for a repeat.
   */
  async sendBatch(
    json: string,
    count: number,
    idempotencyKey: string | undefined,
    signal: AbortSignal
  ): Promise<TimedResponse> {
    const end = new AbortController()
    let timer: NodeJS.Timeout | undefined
    const endSoon = () => {
      timer = setTimeout(() => {
        end.abort()
      }, GRACE_MS)
    }
    signal.addEventListener('abort', endSoon, { once: true })
    try {
      const send = () =>
        this.#client.POST('/v1/leads/batch-update', {
          // The idempotency key contains a hash of this text, so it is sent unchanged.
          body: {} as BatchRequest,
          bodySerializer: () => json,
          params: idempotencyKey === undefined ? {} : { header: { 'Idempotency-Key': idempotencyKey } },
          parseAs: 'text',
          redirect: 'manual',
          signal: end.signal
        })
      let started = 0
      const sent = await this.#queue.add(async () => {
        started = performance.now()
        return signal.aborted ? undefined : send()
      })
      if (sent === undefined) return { kind: 'later', detail: 'It was not sent.', retryAfterMs: 0, ms: 0 }
      const { data, error, response } = sent
      const { status, headers } = response
      const read = readBatchResponse(status, headers.get('retry-after'), readBody(data ?? error), count)
      return { ...read, ms: performance.now() - started }
    } catch (error) {
      return { kind: 'later', detail: `Can't reach the gateway (${causeOf(error)}).`, retryAfterMs: 0, ms: 0 }
    } finally {
      clearTimeout(timer)
      signal.removeEventListener('abort', endSoon)
    }
  }
}

/** The error code. `fetch` has it in the cause of its error. */
function causeOf(error: unknown): string {
  return errorCode(error instanceof Error && error.cause !== undefined ? error.cause : error)
}
