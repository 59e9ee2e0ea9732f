import { API_KEY, type Answer, call, type Gateway } from '../../helper.ts'

/** Headers that browsers send with a form of the gateway's pages. */
const FORM = {
  authorization: '',
  'content-type': 'application/x-www-form-urlencoded',
  'sec-fetch-site': 'same-origin'
}

/** Sends a form to the operations page. */
export function form(
  gateway: Pick<Gateway, 'origin'>,
  path: string,
  fields: Record<string, string>,
  headers: Record<string, string> = {}
): Promise<Answer> {
  const body = new URLSearchParams(fields).toString()
  return call(gateway, 'POST', path, body, { ...FORM, ...headers })
}

/** Signs in. Returns the headers of a request of that session. */
export async function signIn(gateway: Pick<Gateway, 'origin'>, key = API_KEY): Promise<{ cookie: string }> {
  const { status, headers } = await form(gateway, '/ops/sign-in', { key })
  if (status !== 303) throw new Error(`not signed in: ${status}`)
  return { cookie: headers.get('set-cookie')?.split(';')[0] ?? '' }
}

/** Reads a page with these headers and without a key. */
export function look(
  gateway: Pick<Gateway, 'origin'>,
  path: string,
  headers: Record<string, string> = {}
): Promise<Answer> {
  return call(gateway, 'GET', path, undefined, { authorization: '', ...headers })
}

/** The target of a redirect. */
export function led({ status, headers }: Answer): [status: number, path: string | null] {
  return [status, headers.get('location')]
}

/** The text of a page, without its markup. */
export function textOf({ body }: Answer): string {
  return String(body)
    .replace(/^.*<main/s, '<main')
    .replace(/<[^>]*>/g, ' ')
    .replace(/\s+/g, ' ')
}
