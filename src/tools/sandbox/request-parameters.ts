const FORM = 'application/x-www-form-urlencoded'

/** The parameters of one call, merged from the query string and the form body as PHP merges them. */
export interface RequestParameters {
  /** By name; a query value wins over a form value, and the last of several wins within each. */
  readonly values: ReadonlyMap<string, string>
  /** The value of the last form field, which VICIdial writes unescaped into its log; undefined without a form. */
  readonly lastFormValue: string | undefined
}

/**
 * Reads the parameters of a call. The form is read only from a POST of type
 * `application/x-www-form-urlencoded`: any other body counts as none.
 *
 * @param query what follows the `?`, still encoded
 * @param body the whole body, still encoded
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

/** A repeated name keeps the place of its first value and takes its last one. */
function readPairs(encoded: string): Map<string, string> {
  const pairs = new Map<string, string>()
  for (const [name, value] of new URLSearchParams(encoded)) pairs.set(name.replace(/[. ]/g, '_'), value)
  return pairs
}
