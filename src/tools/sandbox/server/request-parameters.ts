const FORM = 'application/x-www-form-urlencoded'

/** The parameters of one call, merged from the query string and the form body as PHP merges them. */
export interface RequestParameters {
  /** By name. A query value wins over a form value, and the last of several wins. */
  readonly values: ReadonlyMap<string, string>
  /** The value of the last form field, which VICIdial logs unescaped; undefined without a form. */
  readonly lastFormValue: string | undefined
}

/**
 * Reads the parameters of a call. Only a POST of type `application/x-www-form-urlencoded` has a form; any other body
 * is ignored.
 *
 * @param query the encoded query string, without the `?`
 * @param body the whole encoded body
 */
export function readParameters(
  method: string,
  query: string,
  contentType: string | undefined,
  body: string
): RequestParameters {
  const isForm = method === 'POST' && contentType?.split(';')[0]?.trim().toLowerCase() === FORM
  const form = readPairs(isForm ? body : '')
  return { values: new Map([...form, ...readPairs(query)]), lastFormValue: [...form.values()].at(-1) }
}

/** A repeated name keeps its first position and takes its last value. */
function readPairs(encoded: string): Map<string, string> {
  const pairs = new Map<string, string>()
  for (const [name, value] of new URLSearchParams(encoded)) pairs.set(name.replace(/[. ]/g, '_'), value)
  return pairs
}
