import { Writable } from 'node:stream'
import type { FastifyInstance } from 'fastify'
import { pino } from 'pino'
import { loadConfig } from '../src/config.ts'
import { createGateway } from '../src/gateway.ts'
import { type Sandbox, type SandboxOptions, startSandbox } from '../src/sandbox/sandbox.ts'

/** The key of the caller of every test. */
export const API_KEY = 'canary-key-0123456789abcdef'

export interface Gateway {
  readonly app: FastifyInstance
  readonly sandbox: Sandbox
  /** Where the gateway listens, without a slash at the end. */
  readonly origin: string
  /** Everything that the gateway has logged so far. */
  readonly logged: () => string
}

interface Tester {
  teardown(handler: () => unknown): unknown
}

/** A log that is kept in memory, at the most talkative level. */
export function memoryLog() {
  const lines: string[] = []
  const sink = new Writable({
    write(chunk, _encoding, done) {
      lines.push(String(chunk))
      done()
    }
  })
  return { log: pino({ level: 'trace' }, sink), logged: () => lines.join('') }
}

/**
 * Starts a sandbox VICIdial and a gateway on it, both listening on 127.0.0.1, until the test ends.
 * @param env configuration beside the address and the login
 */
export async function startGateway(
  t: Tester,
  env: Record<string, string> = {},
  sandboxOptions: SandboxOptions = {}
): Promise<Gateway> {
  const sandbox = await startSandbox(sandboxOptions)
  const { log, logged } = memoryLog()
  const config = loadConfig({
    VICIDIAL_URL: sandbox.url,
    VICIDIAL_USER: 'api',
    VICIDIAL_PASS: 's3cret',
    VICIDIAL_MAX_CALLS_PER_SECOND: '0',
    API_KEY,
    PORT: '0',
    ...env
  })
  const app = await createGateway(config, log)
  const origin = await app.listen({ host: config.host, port: config.port })
  t.teardown(async () => {
    await sandbox.close()
    await app.close()
  })
  return { app, sandbox, origin, logged }
}

export interface Answer {
  readonly status: number
  readonly headers: Headers
  // biome-ignore lint/suspicious/noExplicitAny: a test asserts what the body is
  readonly body: any
}

/** Sends a request as the tests' caller; a body that is not text is sent as JSON. */
export async function call(
  gateway: { origin: string },
  method: string,
  path: string,
  body?: unknown,
  headers: Record<string, string> = {}
): Promise<Answer> {
  const response = await fetch(`${gateway.origin}${path}`, {
    method,
    headers: {
      authorization: `Bearer ${API_KEY}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers
    },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) })
  })
  const text = await response.text()
  const isJson = response.headers.get('content-type')?.includes('json')
  return { status: response.status, headers: response.headers, body: isJson ? JSON.parse(text) : text }
}

/** Posts a batch as the tests' caller. */
export function batch(
  gateway: { origin: string },
  body: unknown,
  headers: Record<string, string> = {}
): Promise<Answer> {
  return call(gateway, 'POST', '/v1/leads/batch-update', body, headers)
}
