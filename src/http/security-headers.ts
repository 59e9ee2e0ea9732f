import { hash } from 'node:crypto'
import { Socket } from 'node:net'
import cors from '@fastify/cors'
import type { FastifyInstance } from 'fastify'
import helmet from 'helmet'
import { IncomingMessage, ServerResponse } from './node-http.ts'

const NOTHING = ["'none'"]
const OWN = ["'self'"]
/** Hash of a style sheet that Swagger UI's script adds, as reported by browsers. */
const SWAGGER_UI_STYLE = "'sha256-RL3ie0nH+Lzz2YNqQN83mnU0J1ot4QL7b99vMdIX99w='"

/**
 * Security headers of responses that are data: no browser shows them as a page. Few, as writing headers is a good part
 * of what a small response costs.
 */
export const DATA_HEADERS: Readonly<Record<string, string>> = {
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff'
}

/**
 * Security headers of pages. They allow browsers only what the gateway's own pages need: nothing from other origins, no
 * inline scripts, no frames. They are built once; @fastify/helmet would build them for every request.
 * @param styles inline style sheets of the pages, verbatim
 * @param hasForms whether the pages send forms to the gateway; these then carry their origin
 */
export function pageHeaders(styles: readonly string[], { hasForms = false } = {}): Record<string, string> {
  const hashes = styles.map((style) => `'sha256-${hash('sha256', style, 'base64')}'`)
  const apply = helmet({
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: NOTHING,
        scriptSrc: OWN,
        styleSrc: [...OWN, ...hashes, SWAGGER_UI_STYLE],
        // Swagger UI has its icons in its style sheet.
        imgSrc: [...OWN, 'data:'],
        connectSrc: OWN,
        baseUri: NOTHING,
        formAction: hasForms ? OWN : NOTHING,
        frameAncestors: NOTHING
      }
    },
    // With no-referrer browsers would call the origin of a form "null".
    referrerPolicy: { policy: hasForms ? 'same-origin' : 'no-referrer' },
    // The gateway speaks plain HTTP; HSTS is up to the TLS proxy in front of it.
    strictTransportSecurity: false
  })
  const request = new IncomingMessage(new Socket())
  const response = new ServerResponse(request)
  apply(request, response, () => undefined)
  return Object.fromEntries(
    Object.entries(response.getHeaders()).map(([name, value]) => [name, String(value)])
  )
}

/** Adds headers to every response of this scope. */
export function addHeaders(app: FastifyInstance, headers: Readonly<Record<string, string>>): void {
  app.addHook('onRequest', (_request, reply, done) => {
    reply.headers(headers)
    done()
  })
}

/** Response headers that pages of other origins may read. */
const EXPOSED = [
  'X-Request-Id',
  'RateLimit',
  'RateLimit-Policy',
  'Retry-After',
  'Idempotency-Replayed',
  'Preference-Applied',
  'ETag',
  'Location'
]
const PREFLIGHT_KNOWN_SECONDS = 600

/** Lets pages of these origins send requests with a key (CORS), without cookies or browser logins. */
export async function allowOrigins(app: FastifyInstance, origins: readonly string[]): Promise<void> {
  if (origins.length === 0) return
  await app.register(cors, {
    origin: [...origins],
    methods: ['GET', 'HEAD', 'POST', 'PATCH', 'DELETE'],
    exposedHeaders: EXPOSED,
    credentials: false,
    maxAge: PREFLIGHT_KNOWN_SECONDS,
    // Answer any OPTIONS as a preflight: a refusal would not be a problem document.
    strictPreflight: false
  })
}
