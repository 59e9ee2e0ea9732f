import type { IncomingHttpHeaders } from 'node:http'
import { Problem } from '../errors.ts'

/**
 * Refuses a form from another site, or of unknown origin. Browsers always send the origin: as `Sec-Fetch-Site` over
 * HTTPS and to localhost, as `Origin` everywhere.
 * @param host the request's host and port
 * @throws Problem permission_denied
 */
export function refuseOtherSites(headers: IncomingHttpHeaders, host: string): void {
  const site = headers['sec-fetch-site']
  const isOwn = site === undefined ? hostOf(headers.origin) === host : site === 'same-origin'
  if (isOwn) return
  throw new Problem('permission_denied', 'This form was not sent by a page of this gateway.')
}

/** In characters; the name of a host has 253. */
const MAX_ORIGIN = 1_000

function hostOf(origin = ''): string | undefined {
  if (origin.length > MAX_ORIGIN) return undefined
  return URL.canParse(origin) ? new URL(origin).host : undefined
}
