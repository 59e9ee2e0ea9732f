/** A statement that the database rejects. */
export class DatabaseError extends Error {}

const ESCAPES: Readonly<Record<string, string>> = {
  '0': '\0',
  b: '\b',
  n: '\n',
  r: '\r',
  t: '\t',
  Z: '\x1a',
  '%': '\\%',
  _: '\\_'
}

/** Escape sequences within a text, by the quote around it. */
const ESCAPED = { '"': /\\([\s\S])|""/g, "'": /\\([\s\S])|''/g }

type Quote = keyof typeof ESCAPED

/** Whether a text between these quotes, put there without escaping it, is one text to the database. */
export function isOneText(text: string, quote: Quote): boolean {
  const rest = text.replace(ESCAPED[quote], '')
  return !rest.includes('\\') && !rest.includes(quote)
}

/**
 * What the database reads from a value that VICIdial put between quotes without escaping it (measured). The sandbox runs
 * no SQL: a value that could rewrite the statement counts as a broken statement.
 *
 * @throws {DatabaseError} when the value ends its own quotes, or a backslash at its end swallows the closing one
 */
export function readSqlText(text: string, quote: Quote = '"'): string {
  if (!text.includes('\\') && !text.includes(quote)) return text
  if (!isOneText(text, quote)) throw new DatabaseError('a value that is not one text')
  return text.replace(ESCAPED[quote], (_, escaped: string | undefined) =>
    escaped === undefined ? quote : (ESCAPES[escaped] ?? escaped)
  )
}
