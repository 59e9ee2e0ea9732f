import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { SandboxOptions } from '../../src/tools/sandbox/sandbox.ts'
import { type Answer, call, dataDir, type Gateway, startGateway, type Tester } from '../helper.ts'
import { gatewayFile } from '../gateway-file.ts'

export const PATH = '/vicidial/non_agent_api.php'
/** What every call of the caller `crm` begins with. */
export const CRM = { function: 'batch_update_lead', user: 'crm', pass: 'crm-key', source: 'crm' }
export const FORM = { 'content-type': 'application/x-www-form-urlencoded' }
const BOUNDARY = '------------------------d74496d66958873e'
/** The other form, as `curl -F` and PHP's curl send it. */
export const PARTS = { 'content-type': `multipart/form-data; boundary=${BOUNDARY}` }

type Callers = Parameters<typeof gatewayFile>[0]
const EVERYTHING: Callers = [{ name: 'crm', permissions: '*' }]

/** Starts a gateway that answers at VICIdial's address. */
export function startCompat(
  t: Tester,
  callers: Callers = EVERYTHING,
  env: Record<string, string> = {},
  sandboxOptions: SandboxOptions = {}
): Promise<Gateway> {
  const path = join(dataDir(t), 'gateway.yaml')
  const more = { compat: true, custom_fields: [{ label: 'favorite_color', max_length: 20 }] }
  writeFileSync(path, gatewayFile(callers, more))
  return startGateway(t, { GATEWAY_CONFIG: path, ...env }, sandboxOptions)
}

/** The body of `PARTS`. @param more further headers of each part, as `; filename="a"` */
export function inParts(parameters: Iterable<readonly [name: string, value: string]>, more = ''): string {
  const header = (name: string) => `Content-Disposition: form-data; name="${name}"${more}`
  const parts = [...parameters].map(([name, value]) => `--${BOUNDARY}\r\n${header(name)}\r\n\r\n${value}\r\n`)
  return `${parts.join('')}--${BOUNDARY}--\r\n`
}

export function query(parameters: Record<string, string>): string {
  return `${PATH}?${new URLSearchParams(parameters).toString()}`
}

/** Sends a request to VICIdial's address, without a header that says who sends it. */
export function ask(
  gateway: { origin: string },
  method: string,
  path: string,
  body?: unknown,
  headers: Record<string, string> = {}
): Promise<Answer> {
  return call(gateway, method, path, body, { authorization: '', ...headers })
}

export function get(gateway: { origin: string }, parameters: Record<string, string>): Promise<Answer> {
  return ask(gateway, 'GET', query(parameters))
}

export function postForm(gateway: { origin: string }, parameters: Record<string, string>): Promise<Answer> {
  return ask(gateway, 'POST', PATH, new URLSearchParams(parameters).toString(), FORM)
}
