import { hash } from 'node:crypto'
import { IncomingMessage, ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import cors from '@fastify/cors'
import type { FastifyInstance } from 'fastify'
import helmet from 'helmet'

const NOTHING = ["'none'"]
const OWN = ["'self'"]
/** A style sheet that the script of Swagger UI adds to its page; browsers tell its hash. */
const SWAGGER_UI_STYLE = "'sha256-RL3ie0nH+Lzz2YNqQN83mnU0J1ot4QL7b99vMdIX99w='"

/**
 * The headers of every answer that tell browsers to trust it with nothing but what the gateway's own pages need:
 * nothing from other addresses, no script within a page, no frame around it. They are made once: @fastify/helmet
 * makes them anew for every request, which takes as long as sending them.
 * @param styles style sheets within the pages, to the letter
 * @param hasForms whether the pages send forms, to the gateway and with their origin, so that those of others can be told
 */
export function securityHeaders(styles: readonly string[], hasForms = false): Record<string, string> {
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
    // The gateway speaks plain HTTP: that its name is to be asked by TLS only is for the TLS proxy before it to say.
    strictTransportSecurity: false
  })
  const request = new IncomingMessage(new Socket())
  const response = new ServerResponse(request)
  apply(request, response, () => undefined)
  return Object.fromEntries(
    Object.entries(response.getHeaders()).map(([name, value]) => [name, String(value)])
  )
}

/** Puts headers on every answer. */
export function alwaysAnswer(app: FastifyInstance, headers: Readonly<Record<string, string>>): void {
  app.addHook('onRequest', (_request, reply, done) => {
    reply.headers(headers)
    done()
  })
}

/** Pages of other origins may read these headers of an answer. */
const EXPOSED = [
  'X-Request-Id',
  'RateLimit',
  'RateLimit-Policy',
  'Retry-After',
  'Idempotency-Replayed',
  'Preference-Applied'
]
const PREFLIGHT_KNOWN_SECONDS = 600

/** Lets pages of these origins send requests, with a key that they bring: no cookie, no login of the browser's. */
export async function allowOrigins(app: FastifyInstance, origins: readonly string[]): Promise<void> {
  if (origins.length === 0) return
  await app.register(cors, {
    origin: [...origins],
    methods: ['GET', 'HEAD', 'POST', 'PATCH'],
    exposedHeaders: EXPOSED,
    credentials: false,
    maxAge: PREFLIGHT_KNOWN_SECONDS,
    // Any OPTIONS is answered as a preflight: a refusal would be no problem document.
    strictPreflight: false
  })
}
