import createFetchClient, { type Client } from 'openapi-fetch'
import type { paths } from './openapi-types.ts'

export type * from './openapi-types.ts'

export interface ClientOptions {
  /** Where the gateway is, like `https://gateway.example`. */
  readonly url: string
  /** The caller's key. */
  readonly key: string
  /** Instead of the global one. */
  readonly fetch?: (request: Request) => Promise<Response>
}

export type GatewayClient = Client<paths>

/** What an HTTP header can hold. An error of `fetch` would show the key otherwise. */
const KEY = /^[\x21-\x7e]+$/

/**
 * A client for the gateway's API, typed by its OpenAPI document: `client.GET('/v1/jobs/{id}', …)` resolves to
 * `{ data, error, response }`, `error` being the problem if there is one. It rejects if no answer comes.
 * @throws {TypeError} if the address is none, or the key is none
 */
export function createClient({ url, key, fetch }: ClientOptions): GatewayClient {
  if (!isAddress(url))
    throw new TypeError(
      'The url must be an http or https address without a user, a query or a fragment, like https://gateway.example.'
    )
  if (!KEY.test(key)) throw new TypeError('The key is empty, or has characters that are in no key.')
  return createFetchClient<paths>({
    baseUrl: url,
    headers: { authorization: `Bearer ${key}` },
    ...(fetch === undefined ? {} : { fetch })
  })
}

/** A user in it would be refused by `fetch`, and shown by whoever shows the address; paths could not follow a query. */
function isAddress(url: string): boolean {
  const parsed = URL.parse(url)
  if (parsed === null || !/^https?:\/\//.test(url)) return false
  return parsed.username === '' && parsed.password === '' && !/[?#]/.test(url)
}
