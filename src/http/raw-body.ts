import type { FastifyInstance, FastifyRequest } from 'fastify'

/** Hands the routes of a scope every body as it came, whatever its type: nothing is parsed before they know its sender. */
export function rawBody(scope: FastifyInstance): void {
  scope.removeAllContentTypeParsers()
  scope.addContentTypeParser(
    '*',
    { parseAs: 'buffer' },
    async (_request: FastifyRequest, body: Buffer) => body
  )
}
