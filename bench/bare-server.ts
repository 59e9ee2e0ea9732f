import Fastify from 'fastify'

// A bare Fastify route for any request, which reads its body and gives the response that `PUT /` was last told.

/** What a route answers. */
interface Answer {
  readonly status: number
  readonly type: string
  readonly body: string
}

let answer: Answer = { status: 200, type: 'application/json', body: '{}' }
let payload: unknown = {}

const app = Fastify()
app.put<{ Body: Answer }>('/', async ({ body }) => {
  answer = body
  payload = answer.type.includes('json') ? JSON.parse(answer.body) : answer.body
  return {}
})
app.route({
  method: ['GET', 'POST', 'PATCH'],
  url: '/',
  handler: async (_request, reply) => reply.code(answer.status).type(answer.type).send(payload)
})
process.once('SIGTERM', () => void app.close())
process.stdout.write(`listening on ${await app.listen({ host: '127.0.0.1', port: 0 })}\n`)
