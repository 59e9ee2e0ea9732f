/** The value at a path of names in nested objects, or undefined. */
export function valueAt(value: unknown, path: readonly string[]): unknown {
  return path.reduce((within: unknown, name) => {
    if (typeof within !== 'object' || within === null || !Object.hasOwn(within, name)) return undefined
    return (within as Readonly<Record<string, unknown>>)[name]
  }, value)
}

/** In characters: all of a request's head has no more bytes. */
const MAX_URL = 16_384

/** The parameters of the query of an address. */
export function queryOf(url: string): URLSearchParams {
  const start = url.indexOf('?')
  return new URLSearchParams(start === -1 || url.length > MAX_URL ? '' : url.slice(start + 1))
}
