import type { FastifyRequest } from 'fastify'
import { Problem } from '../errors.ts'

/**
 * Refuses a form that a page of another site sent, or that says not where it comes from: browsers always say it, with
 * `Sec-Fetch-Site` by HTTPS and to this machine, with `Origin` everywhere.
 * @throws Problem permission_denied
 */
export function refuseOtherSites({ headers, host }: FastifyRequest): void {
  const site = headers['sec-fetch-site']
  const isOwn = site === undefined ? hostOf(headers.origin) === host : site === 'same-origin'
  if (isOwn) return
  throw new Problem('permission_denied', 'This form was not sent by a page of this gateway.')
}

function hostOf(origin = ''): string | undefined {
  return URL.canParse(origin) ? new URL(origin).host : undefined
}
