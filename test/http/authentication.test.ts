import { fastify, type FastifyInstance, type FastifyRequest } from 'fastify'
import { test } from 'tap'
import { AccessControl } from '../../src/callers/access-control.ts'
import { ALL_PERMISSIONS, type CallerConfig } from '../../src/callers/caller.ts'
import { Callers } from '../../src/callers/callers.ts'
import { createKey, hashKey } from '../../src/callers/key.ts'
import { auditOf, authentication, callerOf, requires } from '../../src/http/authentication.ts'
import { answerErrors } from '../../src/http/error-handler.ts'
import { PathMethods } from '../../src/http/path-methods.ts'
import { prepareSenders, rateLimitHeaders } from '../../src/http/authentication.ts'
import type { Tester } from '../helper.ts'

const CRM: CallerConfig = {
  name: 'crm',
  keys: ['key-of-crm', 'next-key-of-crm'].map((key) => ({ hash: hashKey(key) })),
  account: 'default',
  permissions: ALL_PERMISSIONS
}
const WEB: CallerConfig = {
  ...CRM,
  name: 'web',
  keys: [{ hash: hashKey('key-of-web') }],
  networks: ['192.0.2.7']
}
const SHOP: CallerConfig = {
  ...CRM,
  name: 'shop',
  keys: [{ hash: hashKey('key-of-shop') }],
  permissions: { ...ALL_PERMISSIONS, routes: new Set(['batch']) }
}

/** Starts a server whose routes need keys. Returns how to call it. */
async function behindKeys(t: Tester, addRoutes: (scope: FastifyInstance) => void) {
  const app = fastify()
  const accessControl = new AccessControl(new Callers([CRM, WEB, SHOP]), 0)
  answerErrors(app, accessControl, new PathMethods(app))
  prepareSenders(app)
  rateLimitHeaders(app)
  app.addHook('onSend', async ({ sender }, reply) => {
    reply.header('x-proven', sender ?? 'nobody')
  })
  app.register(async (scope) => {
    authentication(scope, accessControl)
    addRoutes(scope)
  })
  const origin = await app.listen({ host: '127.0.0.1', port: 0 })
  t.teardown(() => app.close())
  return async (path: string, headers: Record<string, string>) => {
    const response = await fetch(origin + path, { headers })
    return { status: response.status, headers: response.headers, body: (await response.json()) as any }
  }
}

const bearer = (text: string) => ({ authorization: `Bearer ${text}` })

const HOW = 'Send it as "Authorization: Bearer KEY" or "X-API-Key: KEY".'

test('a key with the permission reaches the route, which knows the caller and the key', async (t) => {
  const ask = await behindKeys(t, (scope) => {
    for (const permission of ['batch', 'jobs'] as const) {
      scope.get(`/${permission}`, { schema: { security: requires(permission) } }, async (request) => ({
        caller: callerOf(request).name,
        request: request.id,
        ...auditOf(request)
      }))
    }
  })
  for (const headers of [bearer('next-key-of-crm'), { 'x-api-key': 'next-key-of-crm' }]) {
    const { status, body } = await ask('/jobs', headers)
    t.equal(status, 200)
    const keyId = hashKey('next-key-of-crm').slice(0, 8)
    t.strictSame(body, { caller: 'crm', request: body.request, requestId: body.request, keyId })
  }
  t.equal((await ask('/batch', bearer('key-of-shop'))).body.caller, 'shop')

  const refused: [path: string, headers: Record<string, string>, status: number, detail: string][] = [
    ['/batch', {}, 401, `The request has no API key. ${HOW}`],
    ...['Basic Y3JtOmtleQ==', 'next-key-of-crm', 'Token next-key-of-crm', 'Bearer'].map(
      (authorization): [string, Record<string, string>, number, string] => [
        '/batch',
        { authorization },
        401,
        `The request has no API key. Its header Authorization does not begin with "Bearer ". ${HOW}`
      ]
    ),
    ['/batch', bearer('unknown'), 401, 'The API key is unknown or has expired.'],
    ['/batch', bearer(createKey()), 401, 'The API key is unknown or has expired.'],
    ['/batch', bearer(createKey().slice(0, -1)), 401, 'The API key is incomplete or mistyped.'],
    ['/jobs', bearer('key-of-shop'), 403, 'The caller shop lacks "jobs" (permissions.routes).'],
    ['/batch', bearer('key-of-web'), 403, 'The caller web may not call from 127.0.0.1 (networks).']
  ]
  for (const [path, headers, status, detail] of refused) {
    const answer = await ask(path, headers)
    t.equal(answer.status, status, detail)
    t.match(answer.body, { code: status === 401 ? 'unauthenticated' : 'permission_denied', detail })
    const challenge = answer.headers.get('www-authenticate')
    t.equal(challenge, status === 401 ? 'Bearer realm="vicidial-gateway"' : null)
  }
})

test('a key from a forbidden address proves nothing, at a public address neither', async (t) => {
  const ask = await behindKeys(t, (scope) => {
    scope.get('/batch', { schema: { security: requires('batch') } }, async () => ({}))
  })
  for (const [path, key, status, proven] of [
    ['/batch', 'key-of-crm', 200, 'crm'],
    ['/batch', 'key-of-web', 403, 'nobody'],
    ['/nope', 'key-of-crm', 404, 'crm'],
    ['/nope', 'key-of-web', 404, 'nobody']
  ] as const) {
    const answer = await ask(path, bearer(key))
    t.strictSame([answer.status, answer.headers.get('x-proven')], [status, proven], `${path} ${key}`)
  }
})

test("a route's own hooks still run, and don't replace the permission check", async (t) => {
  const ask = await behindKeys(t, (scope) => {
    const schema = { security: requires('jobs') }
    const mark =
      (name: string) => async (_request: FastifyRequest, reply: { header(...all: string[]): void }) => {
        reply.header(name, 'ran')
      }
    scope.get('/one', { schema, onRequest: mark('x-one') }, async () => ({}))
    scope.get('/two', { schema, onRequest: [mark('x-one'), mark('x-two')] }, async () => ({}))
  })
  for (const [path, ran] of [
    ['/one', ['ran', null]],
    ['/two', ['ran', 'ran']]
  ] as const) {
    const { status, headers } = await ask(path, bearer('key-of-crm'))
    t.equal(status, 200)
    t.strictSame([headers.get('x-one'), headers.get('x-two')], ran)
    t.equal((await ask(path, bearer('key-of-shop'))).status, 403)
  }
})

test('a route without a documented permission cannot be added', async (t) => {
  for (const schema of [
    undefined,
    {},
    { security: [] },
    { security: [{}] },
    { security: [{ bearer: [] }] }
  ]) {
    const message = 'the route /open does not document its permission'
    const add = behindKeys(t, (scope) => scope.get('/open', schema ? { schema } : {}, async () => ({})))
    await t.rejects(add, { message }, JSON.stringify(schema))
  }
})

test('asking for the caller of an unauthenticated request throws', async (t) => {
  const message = 'a route without authentication asked for its caller'
  t.throws(() => callerOf({ caller: null } as FastifyRequest), { message })
})
