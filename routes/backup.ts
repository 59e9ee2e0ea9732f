import type { FastifyInstance } from 'fastify'
import { Type } from 'typebox'
import { DatabaseCopySchema } from '../schemas/health.ts'
import { ref } from '../schemas/ref.ts'
import { Problem } from '../src/errors.ts'
import { requires } from '../src/http/authentication.ts'
import type { Outbox } from '../src/outbox/outbox.ts'
import { COMMON_PROBLEMS, problems } from './responses.ts'

/** The registered media type of a SQLite database. */
const DATABASE_TYPE = 'application/vnd.sqlite3'

const schema = {
  operationId: 'backup',
  summary: 'Download a copy of the database',
  description:
    'A SQLite database with everything that the gateway had accepted before this request. The gateway keeps working ' +
    'meanwhile. docs/backup.md says how to restore it.',
  tags: ['service'],
  security: requires('backup'),
  querystring: Type.Object({}, { additionalProperties: false }),
  response: {
    200: {
      description: 'The copy.',
      content: { [DATABASE_TYPE]: { schema: ref(DatabaseCopySchema) } }
    },
    ...problems(...COMMON_PROBLEMS, 'not_found', 'conflict')
  }
}

/** `GET /v1/backup`, if the outbox can be copied. */
export function backupRoute(outbox: Pick<Outbox, 'backup'>) {
  return async (app: FastifyInstance) => {
    // HEAD would make a copy for nothing.
    app.get('/v1/backup', { schema, exposeHeadRoute: false }, async (_request, reply) => {
      const copy = await outbox.backup?.()
      if (copy === undefined)
        throw new Problem('not_found', 'Back this gateway up with the tools of its database.')
      const { size } = await copy.stat()
      return reply.type(DATABASE_TYPE).header('content-length', size).send(copy.createReadStream())
    })
  }
}
