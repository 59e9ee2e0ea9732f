import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { type Static, Type } from 'typebox'
import { NoBodySchema } from '../../schemas/empty-body.ts'
import { type AccessControl, requirePermission } from '../../src/callers/access-control.ts'
import { Problem } from '../../src/errors.ts'
import { authenticate, countAnonymous } from '../../src/http/authentication.ts'
import { OPS } from '../../src/ops/page.ts'
import { SESSION_MS, type Sessions } from '../../src/ops/sessions.ts'
import { signInPage } from '../../src/ops/sign-in-page.ts'
import { HTML_TYPE } from './queries.ts'

/** The cookie with the id of a session. */
export const COOKIE = 'vicidial_gateway_ops'

const SignInSchema = Type.Object({ key: Type.String({ maxLength: 1_000 }) }, { additionalProperties: false })

/** `/ops/sign-in` takes an operator's key once, `/ops/sign-out` ends the session. */
export function signInRoutes(sessions: Sessions, accessControl: AccessControl) {
  return async (app: FastifyInstance): Promise<void> => {
    app.get(`${OPS}/sign-in`, { schema: { hide: true } }, async (request, reply) => {
      if (await sessions.operator(request.cookies[COOKIE])) return reply.redirect(OPS, 303)
      countAnonymous(request, accessControl)
      return reply.type(HTML_TYPE).send(signInPage())
    })

    app.post<{ Body: Static<typeof SignInSchema> }>(
      `${OPS}/sign-in`,
      { schema: { hide: true, body: SignInSchema } },
      async (request, reply) => {
        const key = request.body.key.trim()
        try {
          // An empty field counts as a missing key, not as a wrong one.
          requirePermission(
            await authenticate(request, accessControl, key === '' ? { howToSend: 'Enter one.' } : { key }),
            'operator'
          )
        } catch (error) {
          if (!(error instanceof Problem)) throw error
          request.problemCode = error.code
          return reply
            .code(error.status)
            .headers(error.headers)
            .type(HTML_TYPE)
            .send(signInPage(error.message))
        }
        await sessions.end(request.cookies[COOKIE])
        reply.setCookie(COOKIE, await sessions.begin(key), {
          ...cookieOf(request),
          maxAge: SESSION_MS / 1_000
        })
        return reply.redirect(OPS, 303)
      }
    )

    app.post(
      `${OPS}/sign-out`,
      { schema: { hide: true, body: NoBodySchema } },
      async (request: FastifyRequest, reply: FastifyReply) => {
        if ((await sessions.operator(request.cookies[COOKIE])) === undefined)
          countAnonymous(request, accessControl)
        await sessions.end(request.cookies[COOKIE])
        return reply.clearCookie(COOKIE, cookieOf(request)).redirect(`${OPS}/sign-in`, 303)
      }
    )
  }
}

/** The cookie is sent to these pages only, and hidden from scripts and other sites. HTTPS only if the request used it. */
function cookieOf({ protocol }: FastifyRequest) {
  return { path: OPS, httpOnly: true, sameSite: 'strict', secure: protocol === 'https' } as const
}
