import { createHmac } from 'node:crypto'
import { SECRETS } from './surroundings.ts'

/** A request as a page shows it. */
export interface Request {
  readonly method: string
  readonly url: string
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** An answer as a page shows it. */
export interface Shown {
  /** `HTTP/1.1 202 Accepted` */
  readonly line: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

function readMessage(text: string): Shown {
  const [head = '', ...rest] = text.replaceAll('\r', '').split('\n\n')
  const [line = '', ...lines] = head.split('\n')
  const headers = lines.map((header) => {
    const colon = header.indexOf(':')
    return [header.slice(0, colon).toLowerCase(), header.slice(colon + 1).trim()]
  })
  return { line, headers: Object.fromEntries(headers) as Record<string, string>, body: rest.join('\n\n') }
}

export function readRequest(text: string): Request {
  const { line, headers, body } = readMessage(text)
  const [method = '', url = ''] = line.split(' ')
  const { host: _host, ...rest } = headers
  return { method, url, headers: rest, body }
}

export function readShown(text: string): Shown {
  return readMessage(text)
}

/** The same request; one signed with its time is signed again, because it is too old by now. */
export function signedNow(request: Request): Request {
  if (!('x-hubspot-signature-v3' in request.headers)) return request
  const time = String(Date.now())
  const signature = createHmac('sha256', SECRETS['hubspot_client_secret'] ?? '')
    .update(`${request.method}https://gateway.example${request.url}${request.body}${time}`)
    .digest('base64')
  const signed = { 'x-hubspot-request-timestamp': time, 'x-hubspot-signature-v3': signature }
  return { ...request, headers: { ...request.headers, ...signed } }
}
