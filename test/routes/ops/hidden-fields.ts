import type { Answer } from '../../helper.ts'

/** The hidden fields of a page's forms. */
export function hiddenFields({ body }: Answer): Record<string, string> {
  const fields = String(body).matchAll(/<input type="hidden" name="([^"]*)" value="([^"]*)"/g)
  return Object.fromEntries([...fields].map(([, name = '', value = '']) => [name, value]))
}
