import type { OpenAPIV3_1 } from 'openapi-types'

type Scheme = OpenAPIV3_1.SecuritySchemeObject

/** How callers authenticate, and how webhook sources do, by the entry of `auth` in the gateway file. */
export const SECURITY_SCHEMES = {
  bearer: { type: 'http', scheme: 'bearer', description: 'The API key as a bearer token.' },
  api_key: { type: 'apiKey', in: 'header', name: 'X-API-Key', description: 'The API key in a header.' },
  webhook_basic: {
    type: 'http',
    scheme: 'basic',
    description: 'Webhook sources with `basic`: a user and a password.'
  },
  webhook_header: {
    type: 'apiKey',
    in: 'header',
    name: 'X-Webhook-Secret',
    description: 'Webhook sources with `header`: a secret in a header, whose name the source sets.'
  },
  webhook_query_key: {
    type: 'apiKey',
    in: 'query',
    name: 'key',
    description:
      'Webhook sources with `query_key`: a secret in the address; the source sets the name of the parameter.'
  },
  webhook_signature: {
    type: 'apiKey',
    in: 'header',
    name: 'X-Signature',
    description:
      'Webhook sources with `hmac` or `public_key`: a signature of the body, and of a time, an id or the address if the source ' +
      'says so. The source sets the name of the header. The services compute it themselves.'
  },
  standard_webhooks: {
    type: 'apiKey',
    in: 'header',
    name: 'webhook-signature',
    description:
      'Webhook sources with `standard_webhooks`: a signature of `webhook-id`, `webhook-timestamp` and the body ' +
      '(https://www.standardwebhooks.com), or the same in the headers of Svix.'
  }
} as const satisfies Record<string, Scheme>

/**
 * How the sender of a webhook authenticates: by any of these ways, as its source is configured. The last one means
 * `body_key`, a key in the body, for which OpenAPI has no scheme.
 */
export const OF_WEBHOOKS: Readonly<Record<string, readonly string[]>>[] = [
  ...Object.keys(SECURITY_SCHEMES).map((scheme) => ({ [scheme]: [] })),
  {}
]
