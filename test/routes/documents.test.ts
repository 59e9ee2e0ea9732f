import { once } from 'node:events'
import { connect } from 'node:net'
import { test } from 'tap'
import { parse } from 'yaml'
import { ERRORS } from '../../src/errors.ts'
import { call, openApi, startGateway, sharedGateway } from '../helper.ts'

const noKey = { authorization: '' }
const requestId = { 'x-request-id': 'crm-42' }

function notFound(detail: string) {
  return {
    type: '/problems/not_found',
    title: 'Not found',
    status: 404,
    detail,
    instance: 'crm-42',
    code: 'not_found'
  }
}

test('/docs is a page for people, and / redirects to it', async (t) => {
  const gateway = await sharedGateway(t)
  const docs = await call(gateway, 'GET', '/docs', undefined, noKey)
  t.equal(docs.status, 200)
  t.match(docs.headers.get('content-type'), 'text/html')
  t.match(docs.body, '<title>API of vicidial-gateway</title>')
  for (const [, address = ''] of docs.body.matchAll(/(?:src|href)="([^"]+)"/g)) {
    const asset = await fetch(`${gateway.origin}${address}`)
    t.equal(asset.status, 200, address)
    await asset.arrayBuffer()
  }

  const root = await call(gateway, 'GET', '/', undefined, noKey)
  t.equal(root.status, 302)
  t.equal(root.headers.get('location'), '/docs')
})

test('/openapi.json and /openapi.yaml are the same document, which needs no key', async (t) => {
  const gateway = await startGateway(t, { VICIDIAL_NON_LATIN: '1', MAX_UPDATES_PER_REQUEST: '5' })
  const json = await call(gateway, 'GET', '/openapi.json', undefined, noKey)
  const yaml = await call(gateway, 'GET', '/openapi.yaml', undefined, noKey)

  t.equal(json.status, 200)
  t.match(json.headers.get('content-type'), 'application/json')
  t.equal(yaml.headers.get('content-type'), 'application/yaml; charset=utf-8')
  t.same(parse(yaml.body), json.body)
  t.same(json.body, JSON.parse(JSON.stringify(await openApi())), 'it does not depend on the configuration')
  t.match(json.body.openapi, /^3\.1\./)
  t.same(Object.keys(json.body.paths).sort(), [
    '/livez',
    '/metrics',
    '/readyz',
    '/v1/backup',
    '/v1/dead-letters',
    '/v1/dead-letters/replay',
    '/v1/dnc',
    '/v1/dnc/{phone_number}',
    '/v1/fields',
    '/v1/history',
    '/v1/jobs',
    '/v1/jobs/{id}',
    '/v1/jobs/{id}/cancel',
    '/v1/jobs/{id}/replay',
    '/v1/leads',
    '/v1/leads/batch-update',
    '/v1/leads/read',
    '/v1/leads/{lead_id}',
    '/v1/leads/{lead_id}/history',
    '/v1/webhooks/{source}'
  ])
})

test('every code has a page under /problems, and /problems lists them', async (t) => {
  const gateway = await sharedGateway(t)
  const list = await call(gateway, 'GET', '/problems', undefined, noKey)
  t.match(list.headers.get('content-type'), 'text/html')
  for (const [code, { title, help }] of Object.entries(ERRORS)) {
    t.match(list.body, `href="/problems/${code}"`)
    const page = await call(gateway, 'GET', `/problems/${code}`, undefined, noKey)
    t.equal(page.status, 200)
    t.match(page.headers.get('content-type'), 'text/html')
    t.match(page.body, `<h1>${title}</h1>`)
    t.match(page.body, help)
  }
})

test('an unknown problem has no page', async (t) => {
  const gateway = await sharedGateway(t)
  for (const code of ['nope', 'constructor', '__proto__', 'toString', '%3Cscript%3E']) {
    const { status, body } = await call(gateway, 'GET', `/problems/${code}`, undefined, requestId)
    t.equal(status, 404)
    t.same(body, notFound('There is no problem of this name; /problems lists them.'))
  }
})

test('an unknown path and a wrong method are a 404 problem, with a key or without', async (t) => {
  const gateway = await sharedGateway(t)
  const absent: [method: string, path: string, meant?: string][] = [
    ['GET', '/nope'],
    ['GET', '/v1/lead', '/v1/leads'],
    ['OPTIONS', '/v1/lead', '/v1/leads, which takes GET, HEAD, POST'],
    ['GET', '/v1/lead/101', '/v1/leads/{lead_id}'],
    ['PATCH', '/v1/Lead/101', '/v1/leads/{lead_id}'],
    ['POST', '/v1/job/job_1/replays', '/v1/jobs/{id}/replay'],
    ['POST', '/v1/webhook/shop', '/v1/webhooks/{source}'],
    ['POST', '/leads/batch-update', '/v1/leads/batch-update'],
    ['GET', '/leads/101', '/v1/leads/{lead_id}'],
    ['GET', '/api/v1/leads/101', '/v1/leads/{lead_id}'],
    ['GET', '/doc', '/docs'],
    ['GET', '/v1/'],
    ['GET', '/v1/nothing/of/this/kind'],
    ['GET', `/v1${'/leads'.repeat(20)}`],
    ['GET', '/v1/jobs//cancel'],
    ['PUT', '/vicidial/non_agent_api.php'],
    ['GET', '/V1/fields', '/v1/fields'],
    ['GET', '//v1/fields', '/v1/fields'],
    ['GET', '/v1/leads/../fields/x']
  ]
  for (const [method, path, meant] of absent) {
    const hint = meant === undefined ? '' : ` Did you mean ${meant}?`
    for (const headers of [requestId, { ...requestId, ...noKey }]) {
      const { status, body } = await call(gateway, method, path, undefined, headers)
      t.same(
        { status, body },
        { status: 404, body: notFound(`There is nothing at ${method} on this path.${hint}`) },
        `${method} ${path}`
      )
    }
  }
})

test('a path with another method is a 405 that names its methods, whoever asks', async (t) => {
  const gateway = await startGateway(t)
  const wrong: [method: string, path: string, allow: string][] = [
    ['POST', '/v1/leads/1', 'GET, HEAD, PATCH'],
    ['DELETE', '/v1/leads', 'GET, HEAD, POST'],
    ['PUT', '/v1/leads/1', 'GET, HEAD, PATCH'],
    ['DELETE', '/v1/leads/1', 'GET, HEAD, PATCH'],
    ['POST', '/v1/fields', 'GET, HEAD'],
    ['POST', '/livez', 'GET, HEAD'],
    ['OPTIONS', '/v1/leads/batch-update', 'POST'],
    ['GET', '/v1/jobs/job_1/cancel', 'POST'],
    ['DELETE', '/v1/jobs/job_1', 'GET, HEAD'],
    ['GET', '/v1/webhooks/shop', 'POST'],
    ['POST', '/problems/not_found', 'GET, HEAD'],
    ['POST', '/docs/static/index.html', 'GET, HEAD']
  ]
  for (const [method, path, allow] of wrong) {
    for (const more of [{}, { authorization: '' }]) {
      const { status, headers, body } = await call(gateway, method, path, undefined, more)
      t.same([status, headers.get('allow')], [405, allow], `${method} ${path}`)
      t.match(body, { code: 'method_not_allowed', detail: `This path takes ${allow}, and not ${method}.` })
    }
  }
  const { status, body } = await call(gateway, 'GET', '/v1/fields/')
  t.equal(status, 404)
  t.equal(body.detail, 'There is nothing at GET on this path. Try it without the slash at its end.')
  const meant: [method: string, path: string, detail: string][] = [
    [
      'POST',
      '/v1/leads/batchUpdate',
      'This path takes GET, HEAD, PATCH, and not POST. Did you mean /v1/leads/batch-update?'
    ],
    [
      'POST',
      '/v1/lead/batch-update',
      'There is nothing at POST on this path. Did you mean /v1/leads/batch-update?'
    ],
    ['GET', '/v1/field', 'There is nothing at GET on this path. Did you mean /v1/fields?'],
    [
      'POST',
      '/v1/field',
      'There is nothing at POST on this path. Did you mean /v1/fields, which takes GET, HEAD?'
    ],
    ['GET', `/v1/${'field'.repeat(200)}`, 'There is nothing at GET on this path.']
  ]
  for (const [method, path, detail] of meant)
    t.equal((await call(gateway, method, path)).body.detail, detail, path)
})

test('HEAD is answered as GET, without a body', async (t) => {
  const gateway = await startGateway(t)
  const answers = []
  for (const path of ['/livez', '/readyz', '/metrics', '/v1/fields', '/openapi.json', '/nope']) {
    const { status, body } = await call(gateway, 'HEAD', path)
    answers.push([path, status, body])
  }
  t.same(answers, [
    ['/livez', 200, ''],
    ['/readyz', 200, ''],
    ['/metrics', 200, ''],
    ['/v1/fields', 200, ''],
    ['/openapi.json', 200, ''],
    ['/nope', 404, '']
  ])
})

test('an address that cannot be decoded is a 400 problem with a request id, as every answer has one', async (t) => {
  const gateway = await sharedGateway(t)
  const { status, headers, body } = await call(gateway, 'GET', '/v1/%zz', undefined, requestId)

  t.equal(status, 400)
  t.equal(headers.get('x-request-id'), 'crm-42')
  t.same(body, {
    type: '/problems/invalid_request',
    title: 'The request has the wrong form',
    status: 400,
    detail: 'The request cannot be read.',
    instance: 'crm-42',
    code: 'invalid_request'
  })
})

test("bytes that aren't HTTP are answered with a 400, and the gateway keeps running", async (t) => {
  const gateway = await startGateway(t)
  const { hostname, port } = new URL(gateway.origin)
  for (const noise of [
    '\x16\x03\x01\x02\x00\x01\x00',
    'GET\r\n\r\n',
    'GET / HTTP/1.1\r\nHost: x\r\nA B: c\r\n\r\n'
  ]) {
    const socket = connect(Number(port), hostname)
    let text = ''
    socket.on('data', (chunk) => {
      text += chunk
    })
    socket.write(noise)
    await once(socket, 'close')
    t.match(text, /^HTTP\/1\.1 400 /)
  }
  t.equal((await call(gateway, 'GET', '/livez')).status, 200)
})
