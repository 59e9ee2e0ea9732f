/** The code of an error of the operating system or of Node, like `ENOENT`; `unknown` if it has none. */
export function errorCode(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'unknown'
}

/** Codes for a connection that was never made. */
const NOT_CONNECTED: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT'
])
/** Codes for a failed TLS handshake. */
const HANDSHAKE = /^(?:EPROTO|ERR_SSL|ERR_TLS|UNABLE_TO|CERT_|SELF_SIGNED|DEPTH_ZERO)/

/** Whether an error's code says that there was no connection yet, so that nothing was sent. */
export function isNotConnected(code: string): boolean {
  return NOT_CONNECTED.has(code) || HANDSHAKE.test(code)
}
