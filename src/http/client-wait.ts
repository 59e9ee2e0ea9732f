import type { FastifyReply, FastifyRequest } from 'fastify'

/** Whether the sender wants the response before the work is done (`Prefer: respond-async`, RFC 7240). */
export function prefersAsync(request: FastifyRequest): boolean {
  return preferences(request).has('respond-async')
}

/** Seconds that the sender wants to wait for the result (`Prefer: wait=10`); undefined if not given. */
export function preferredWait(request: FastifyRequest): number | undefined {
  const seconds = preferences(request).get('wait')
  return seconds !== undefined && /^[0-9]{1,5}$/.test(seconds) ? Number(seconds) : undefined
}

const NO_PREFERENCES: ReadonlyMap<string, string> = new Map()

function preferences(request: FastifyRequest): ReadonlyMap<string, string> {
  const header = request.headers['prefer']
  if (header === undefined) return NO_PREFERENCES
  const given = (Array.isArray(header) ? header.join(',') : header).split(/[,;]/)
  return new Map(
    given.map((one) => {
      const [name = '', value = ''] = one.split('=', 2)
      return [name.trim().toLowerCase(), value.trim().replace(/^"(.*)"$/, '$1')]
    })
  )
}

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
    if (!reply.raw.writableFinished) hangUp.abort()
  })
  return hangUp.signal
}
