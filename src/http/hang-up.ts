import type { FastifyReply, FastifyRequest } from 'fastify'

/**
 * Returns a signal that aborts when the client closes the connection; undefined if the request has an
 * `Idempotency-Key`, whose response is stored for a repeat.
 */
export function hangUpSignal(
  { idempotencyKey }: FastifyRequest,
  reply: FastifyReply
): AbortSignal | undefined {
  if (idempotencyKey !== null) return undefined
  const hangUp = new AbortController()
  reply.raw.once('close', () => {
    hangUp.abort()
  })
  return hangUp.signal
}
