import { existsSync, mkdtempDisposableSync, readdirSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Writable } from 'node:stream'
import { text as readText } from 'node:stream/consumers'
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'
import type { FastifyInstance } from 'fastify'
import { pino } from 'pino'
import { loadConfig } from '../src/config/config.ts'
import { ERRORS } from '../src/errors.ts'
import { createGateway, type GatewayOptions } from '../src/gateway.ts'
import { type Sandbox, type SandboxOptions, startSandbox } from '../src/tools/sandbox/sandbox.ts'

/** The key of the caller of every test. */
export const API_KEY = 'canary-key-0123456789abcdef-of-every-test'

export interface Gateway {
  readonly app: FastifyInstance
  readonly sandbox: Sandbox
  /** Where the gateway listens, without a slash at the end. */
  readonly origin: string
  /** Everything that the gateway has logged so far. */
  readonly logged: () => string
}

export interface Tester {
  teardown(handler: () => unknown): unknown
}

/** A test that can write files. */
export interface FileTester {
  testdir(files: Record<string, string>): string
}

/** A log that is kept in memory, at the most talkative level unless another is given. */
export function memoryLog(level = 'trace') {
  let logged = ''
  const sink = new Writable({
    write(chunk, _encoding, done) {
      logged += String(chunk)
      done()
    }
  })
  return { log: pino({ level }, sink), logged: () => logged }
}

/**
 * Starts a sandbox VICIdial and a gateway on it, both listening on 127.0.0.1, until the test ends.
 * @param env configuration beside the address and the login
 */
export async function startGateway(
  t: Tester,
  env: Record<string, string> = {},
  sandboxOptions: SandboxOptions = {},
  options: Omit<GatewayOptions, 'outbox' | 'readConfig'> = {}
): Promise<Gateway> {
  const sandbox = await startSandbox(sandboxOptions)
  const { log, logged } = memoryLog(env['LOG_LEVEL'])
  const settings = {
    VICIDIAL_URL: sandbox.url,
    VICIDIAL_USER: 'api',
    VICIDIAL_PASS: 's3cret',
    VICIDIAL_MAX_CALLS_PER_SECOND: '0',
    // Otherwise each gateway would ask for it.
    VICIDIAL_BUILD: '250720-1841',
    VICIDIAL_DB_CHARSET: 'utf8',
    API_KEY,
    PORT: '0',
    DATA_DIR: dataDir(t),
    ...env
  }
  const closers: (() => Promise<void>)[] = [() => sandbox.close()]
  // Before the gateway starts: if it doesn't, its sandbox would keep the test's process from ending.
  t.teardown(async () => {
    for (const close of closers) await close()
    const secrets = [settings.VICIDIAL_PASS, settings.API_KEY].filter((secret) => secret !== '')
    assert.deepEqual(leaksIn(logged(), secrets), [], 'the log holds a secret')
    for (const [name, text] of filesIn(settings.DATA_DIR))
      assert.deepEqual(leaksIn(text, secrets), [], `${name} holds a secret`)
  })
  const config = loadConfig(settings)
  // Its clients and sandbox share its process: a slow loop says nothing about the gateway.
  const app = await createGateway(config, log, {
    readConfig: () => loadConfig(settings),
    maxEventLoopDelayMs: 0,
    // A test's requests come faster than those of callers.
    checkEveryMs: 1,
    ...options
  })
  closers.push(() => app.close())
  const origin = await app.listen({ host: config.host, port: config.port })
  return { app, sandbox, origin, logged }
}

let shared: Promise<Gateway> | undefined

/**
 * A gateway with the default configuration, started once per process, and its sandbox, reset for this test. It is
 * much cheaper than `startGateway`. Only for tests that leave the gateway usable and don't depend on what it has
 * stored, counted or limited before. `logged` begins with this test.
 */
export async function sharedGateway(t: Tester): Promise<Gateway> {
  // Imported only here, because scripts that are no tests use this file too.
  shared ??= import('tap').then(({ t: root }) => startGateway(root))
  const gateway = await shared
  gateway.sandbox.reset()
  const start = gateway.logged().length
  const logged = () => gateway.logged().slice(start)
  t.teardown(() => {
    assert.deepEqual(leaksIn(logged(), ['s3cret', API_KEY]), [], 'the log holds a secret')
  })
  return { ...gateway, logged }
}

/** The secrets that a text contains. */
export function leaksIn(text: string, secrets: readonly string[]): string[] {
  return secrets.filter((secret) => text.includes(secret))
}

/** The files of a directory, by name, read byte by byte. */
export function filesIn(directory: string): [name: string, text: string][] {
  if (!existsSync(directory)) return []
  return readdirSync(directory, { withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ name }) => [name, readFileSync(join(directory, name), 'latin1')])
}

/** A directory for a gateway's database, until the test ends. */
export function dataDir(t: Tester): string {
  const directory = mkdtempDisposableSync(join(tmpdir(), 'vicidial-gateway-'))
  t.teardown(() => {
    directory.remove()
  })
  return directory.path
}

/** Answers one call to VICIdial's API, at once, later or never. */
export type Answering = (params: Readonly<Record<string, string>>, response: ServerResponse) => unknown

/** Starts a stand-in for VICIdial that answers each call with `answering`, until the test ends. Returns its address. */
export async function startStandIn(t: Tester, answering: Answering): Promise<string> {
  const server = createServer(async (request, response) => {
    const form = new URLSearchParams(await readText(request))
    await answering(Object.fromEntries(form), response)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/vicidial/non_agent_api.php`
}

export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly body: any
}

/**
 * Sends a request as the tests' caller; a body that is neither text nor bytes is sent as JSON. Every answer is
 * checked against the OpenAPI document, see `checkAnswer`.
 */
export async function call(
  gateway: { origin: string },
  method: string,
  path: string,
  body?: unknown,
  headers: Record<string, string> = {}
): Promise<Answer> {
  const response = await fetch(`${gateway.origin}${path}`, {
    method,
    redirect: 'manual',
    headers: {
      authorization: `Bearer ${API_KEY}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers
    },
    ...(body === undefined ? {} : { body: encoded(body) })
  })
  const text = await response.text()
  assert.deepEqual(leaksIn(text, [API_KEY]), [], `${method} ${path} was answered with the key`)
  const isJson = text !== '' && response.headers.get('content-type')?.includes('json')
  const answer = {
    status: response.status,
    headers: response.headers,
    body: isJson ? JSON.parse(text) : text
  }
  await checkAnswer(method, path, answer)
  return answer
}

function encoded(body: unknown): string | Uint8Array<ArrayBuffer> {
  if (body instanceof Uint8Array) return new Uint8Array(body)
  return typeof body === 'string' ? body : JSON.stringify(body)
}

/** Parameters of a call that change nothing. */
const WITHOUT_EFFECT = new Set(['function', 'source', 'user', 'pass', 'lead_ids', 'records'])

/** Whether a call to VICIdial is a check of the gateway's own: it names leads and sets nothing, or would move lead 0. */
export function isCheck(params: Readonly<Record<string, string>>): boolean {
  if (params['function'] !== 'batch_update_lead') return false
  return params['lead_ids'] === '0' || Object.keys(params).every((name) => WITHOUT_EFFECT.has(name))
}

/** The calls to VICIdial that the gateway has made for requests. */
export function requestCalls({ sandbox }: Pick<Gateway, 'sandbox'>) {
  return sandbox.calls().filter(({ params }) => !isCheck(params))
}

/** Posts a batch as the tests' caller. */
export function batch(
  gateway: { origin: string },
  body: unknown,
  headers: Record<string, string> = {}
): Promise<Answer> {
  return call(gateway, 'POST', '/v1/leads/batch-update', body, headers)
}

/** Headers of HTTP itself, of browsers' security and of caches, which are no part of the API. */
const UNDOCUMENTED =
  /^(?:content-(?:type|length|security-policy)|date|connection|keep-alive|transfer-encoding|vary|cache-control|x-content-type-options|access-control-.*|referrer-policy|cross-origin-.*|origin-agent-cluster|x-(?:dns|download|frame|permitted|xss).*)$/

interface Media {
  readonly schema?: unknown
  readonly examples?: Readonly<Record<string, { readonly value: unknown }>>
}

interface Reference {
  readonly $ref: string
}

interface DocumentedResponse {
  readonly headers?: Readonly<Record<string, Reference>>
  readonly content?: Readonly<Record<string, Media>>
}

/** What the tests read of the OpenAPI document. */
export interface OpenApi {
  readonly components: {
    readonly schemas: Readonly<Record<string, unknown>>
    readonly responses: Readonly<Record<string, DocumentedResponse>>
    readonly headers: Readonly<Record<string, { readonly required?: boolean; readonly schema: unknown }>>
    readonly parameters: Readonly<Record<string, unknown>>
  }
  readonly paths: Readonly<
    Record<
      string,
      Readonly<
        Record<
          string,
          {
            readonly operationId: string
            /** The ways to send a key, each with the permission that it is to have; none: no key is needed. */
            readonly security: readonly Readonly<Record<string, readonly string[]>>[]
            readonly requestBody?: { readonly content: Readonly<Record<string, Media>> }
            readonly responses: Readonly<Record<string, DocumentedResponse | Reference>>
          }
        >
      >
    >
  >
}

interface DocumentedPath {
  readonly pattern: RegExp
  /** JSON Pointer into the document. */
  readonly pointer: string
  readonly operations: OpenApi['paths'][string]
}

let documented: Promise<{ document: OpenApi; paths: DocumentedPath[]; ajv: Ajv2020 }> | undefined

/** The OpenAPI document that this code serves, whatever its configuration; made once a process. */
export async function openApi(): Promise<OpenApi> {
  return (await readDocumented()).document
}

/** The compiled schema at a JSON Pointer into the OpenAPI document, like `/components/schemas/Problem`. */
export async function documentedSchema(pointer: string): Promise<ValidateFunction> {
  const { ajv } = await readDocumented()
  const schema = ajv.getSchema(`openapi#${encodeURI(pointer)}`)
  assert(schema, `the OpenAPI document has nothing at ${pointer}`)
  return schema
}

function readDocumented() {
  documented ??= (async () => {
    using directory = mkdtempDisposableSync(join(tmpdir(), 'vicidial-gateway-'))
    const config = loadConfig({
      VICIDIAL_URL: 'http://127.0.0.1:9/non_agent_api.php',
      VICIDIAL_USER: 'nobody',
      VICIDIAL_PASS: 'nothing',
      VICIDIAL_BUILD: '250720-1841',
      API_KEY: 'no-key',
      DATA_DIR: directory.path
    })
    const app = await createGateway(config, memoryLog('silent').log)
    await app.ready()
    const document = app.swagger() as unknown as OpenApi
    await app.close()
    const date = /^\d{4}-\d\d-\d\d$/
    const time = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/
    const ajv = new Ajv2020({ strict: false, formats: { date, 'date-time': time, binary: true } })
    const paths = Object.entries(document.paths).map(([template, operations]) => ({
      pattern: new RegExp(`^${template.replace(/\{[^}]*\}/g, '[^/]*')}$`),
      pointer: `/paths/${template.replaceAll('/', '~1')}`,
      operations
    }))
    return { document, paths, ajv: ajv.addSchema(document, 'openapi') }
  })()
  return documented
}

/**
 * Checks what must be true of every answer: it has a request id; if the document knows the operation, it knows the
 * HTTP status and the body is as it says; a problem is a whole RFC 9457 document about this very answer.
 * @throws AssertionError
 */
export async function checkAnswer(
  method: string,
  path: string,
  { status, headers, body }: Answer
): Promise<void> {
  const exchange = `${method} ${path} answered ${status}`
  const id = headers.get('x-request-id')
  assert(id, `${exchange} without X-Request-Id`)
  const type = headers.get('content-type')?.split(';')[0]
  if (type === 'application/problem+json' && method !== 'HEAD') {
    assert.deepEqual(
      { type: body.type, title: body.title, status: body.status, instance: body.instance },
      {
        type: `/problems/${body.code}`,
        title: ERRORS[body.code as keyof typeof ERRORS].title,
        status,
        // The answer to a repeat is that of the first request, and about that one.
        instance: headers.has('idempotency-replayed') ? body.instance : id
      },
      exchange
    )
    if (status === 503 || status === 429)
      assert(headers.get('retry-after'), `${exchange} without Retry-After`)
    await assertSchema('/components/schemas/Problem', body, exchange)
  }
  const operation = await findOperation(method, path)
  if (operation === undefined) return
  const { pointer, response } = await responseOf(operation, status)
  assert(response, `${exchange}, which is not documented`)
  await checkHeaders(headers, response, exchange)
  if (response.content === undefined || type === undefined) return
  assert(response.content[type], `${exchange} with ${type}, which is not documented`)
  const token = type.replaceAll('/', '~1')
  await assertSchema(`${pointer}/content/${token}/schema`, body, exchange)
}

/** The documented response of an operation, which may be one that it shares with others, and where it is. */
async function responseOf({ pointer, operation }: FoundOperation, status: number) {
  const response = operation.responses[status]
  if (response === undefined || !('$ref' in response))
    return { pointer: `${pointer}/responses/${status}`, response }
  const { components } = await openApi()
  const shared = components.responses[response.$ref.slice('#/components/responses/'.length)]
  return { pointer: response.$ref.slice(1), response: shared }
}

/** Checks that each header is documented with a schema that its value fits, and that those are there that must be. */
async function checkHeaders(headers: Headers, response: DocumentedResponse, exchange: string): Promise<void> {
  const documented = new Map(Object.keys(response.headers ?? {}).map((name) => [name.toLowerCase(), name]))
  for (const [name, value] of headers) {
    if (UNDOCUMENTED.test(name)) continue
    const found = documented.get(name)
    assert(found, `${exchange} with the header ${name}, which is not documented`)
    await assertSchema(
      `/components/headers/${found}/schema`,
      name === 'retry-after' ? Number(value) : value,
      `${exchange}, ${name}`
    )
  }
  const { components } = await openApi()
  for (const [name, found] of documented)
    if (components.headers[found]?.required) assert(headers.has(name), `${exchange} without ${found}`)
}

type FoundOperation = NonNullable<Awaited<ReturnType<typeof findOperation>>>

async function findOperation(method: string, path: string) {
  const { paths } = await readDocumented()
  const plain = path.split('?')[0] ?? ''
  for (const { pattern, pointer, operations } of paths) {
    const operation = operations[method.toLowerCase()]
    if (operation === undefined || !pattern.test(plain)) continue
    return { operation, pointer: `${pointer}/${method.toLowerCase()}` }
  }
  return undefined
}

async function assertSchema(pointer: string, body: unknown, exchange: string): Promise<void> {
  const validate = await documentedSchema(pointer)
  if (validate(body)) return
  const [error] = validate.errors ?? []
  assert.fail(`${exchange} with a body that is not as documented: ${error?.instancePath} ${error?.message}`)
}
