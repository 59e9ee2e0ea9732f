const BASIC = /^Basic +([A-Za-z0-9+/]+={0,2}) *$/i

interface Headers {
  readonly authorization?: string | undefined
}

/** The decoded `user:password` of `Authorization: Basic …` (RFC 7617), or undefined. */
export function basicCredentials({ authorization = '' }: Headers): Buffer | undefined {
  const encoded = BASIC.exec(authorization)?.[1]
  return encoded === undefined ? undefined : Buffer.from(encoded, 'base64')
}

/** The password of `Authorization: Basic …`; undefined if it is missing or empty. */
export function basicPassword(headers: Headers): string | undefined {
  const text = basicCredentials(headers)?.toString('utf8') ?? ''
  const colon = text.indexOf(':')
  return colon === -1 || colon === text.length - 1 ? undefined : text.slice(colon + 1)
}
