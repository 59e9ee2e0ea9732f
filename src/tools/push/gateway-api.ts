import PQueue from 'p-queue'
import type { GatewayClient, paths } from '../../client/client.ts'
import { errorCode } from '../../error-code.ts'
import type { Catalogue } from './catalogue.ts'
import { PushFailure } from './push-failure.ts'
import { readBody, readReply, type Reply, sayProblem } from './reply.ts'

type BatchBody = paths['/v1/leads/batch-update']['post']['requestBody']['content']['application/json']

/** A running gateway, as one of its callers has it. */
export class Gateway {
  readonly #client: GatewayClient
  /** Where it is, without a slash at the end. */
  readonly address: string
  readonly #queue: PQueue

  /** @param concurrency requests at once */
  constructor(client: GatewayClient, address: string, concurrency: number) {
    this.#queue = new PQueue({ concurrency })
    this.#client = client
    this.address = address.replace(/\/+$/, '')
  }

  /**
   * Asks what may be set, which also shows that the gateway is there and takes the key.
   * @throws PushFailure if it does not answer that
   */
  async catalogue(): Promise<Catalogue> {
    const { data, error, response } = await this.#client
      .GET('/v1/fields', { redirect: 'manual' })
      .catch((error: unknown) => {
        const message = `${this.address} cannot be reached (${causeOf(error)}): is the gateway running there?`
        throw new PushFailure(message, 2)
      })
    if (data === undefined || !Array.isArray(data.fields))
      throw new PushFailure(sayProblem(response.status, readBody(error)), 2)
    return {
      fields: new Map(data.fields.map(({ name, type }) => [name, { type }])),
      customFields: data.custom_fields.map(({ label }) => label)
    }
  }

  /**
   * Sends a batch of `count` updates. Never throws for what the gateway or the network does.
   * @param text the body, as JSON; what is in it the gateway judges
   * @param signal whether it is too late when its turn comes
   */
  async batch(
    text: string,
    count: number,
    idempotencyKey: string | undefined,
    signal: AbortSignal
  ): Promise<Reply> {
    try {
      const send = () =>
        this.#client.POST('/v1/leads/batch-update', {
          // What is sent is the text of which the key was made.
          body: {} as BatchBody,
          bodySerializer: () => text,
          headers: idempotencyKey === undefined ? {} : { 'idempotency-key': idempotencyKey },
          parseAs: 'text',
          redirect: 'manual'
        })
      const answer = await this.#queue.add(async () => (signal.aborted ? undefined : send()))
      if (answer === undefined) return { kind: 'later', detail: 'It was not sent.', retryAfterMs: 0 }
      const { data, error, response } = answer
      const { status, headers } = response
      return readReply(status, headers.get('retry-after'), readBody(data ?? error), count)
    } catch (error) {
      return { kind: 'later', detail: `The gateway cannot be reached (${causeOf(error)}).`, retryAfterMs: 0 }
    }
  }
}

/** `fetch` says why only in the cause of its error. */
function causeOf(error: unknown): string {
  return errorCode(error instanceof Error && error.cause !== undefined ? error.cause : error)
}
