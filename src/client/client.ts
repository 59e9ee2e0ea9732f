import createFetchClient from 'openapi-fetch'
import type { GatewayClient } from './gateway-client.ts'
import type { paths } from './openapi-types.ts'

export type { GatewayClient } from './gateway-client.ts'
export type * from './openapi-types.ts'

export interface ClientOptions {
  /** The gateway's URL, like `https://gateway.example`. */
  readonly url: string
  /** The caller's key. */
  readonly key: string
  /** Used instead of the global `fetch`. */
  readonly fetch?: (request: Request) => Promise<Response>
}

/** Characters that are valid in a header. With others, an error of `fetch` would show the key. */
const KEY = /^[\x21-\x7e]+$/

/**
 * Creates a client for the gateway's API, typed by its OpenAPI document. `client.GET('/v1/jobs/{id}', …)` resolves to
 * `{ data, error, response }`, where `error` is the problem, if there is one. It rejects if there is no response.
 * @throws {TypeError} if the URL or the key is invalid
 */
export function createClient({ url, key, fetch }: ClientOptions): GatewayClient {
  if (!isValidUrl(url))
    throw new TypeError(
      'The url must be an http or https address without a user, a query or a fragment, like https://gateway.example.'
    )
  if (!KEY.test(key)) throw new TypeError('The key is empty or contains invalid characters.')
  const client = createFetchClient<paths>({
    baseUrl: url,
    headers: { authorization: `Bearer ${key}` },
    ...(fetch === undefined ? {} : { fetch })
  })
  return client as GatewayClient
}

/** `fetch` refuses a URL with a user, and messages would show it. Paths can't be appended to a query. */
function isValidUrl(url: string): boolean {
  if (!URL.canParse(url) || !/^https?:\/\//.test(url)) return false
  const { username, password } = new URL(url)
  return username === '' && password === '' && !/[?#]/.test(url)
}
