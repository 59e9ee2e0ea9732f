/** The code of an error of the operating system or of Node, like `ENOENT`; `unknown` if it has none. */
export function errorCode(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'unknown'
}
