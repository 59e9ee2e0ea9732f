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

/** By the quote around a text: a text that does not end it, and what stands for another character in it. */
const SHAPES = {
  '"': { whole: /^(?:[^"\\]|\\[\s\S]|"")*$/, escape: /\\([\s\S])|""/g },
  "'": { whole: /^(?:[^'\\]|\\[\s\S]|'')*$/, escape: /\\([\s\S])|''/g }
}

/**
 * What the database reads from a value that VICIdial put between quotes without escaping it (CONTRACT.md, "Backslash
 * is a security hole upstream"). The sandbox runs no SQL: a value that could rewrite the statement counts as a broken
 * statement.
 *
 * @throws {DatabaseError} when the value ends its own quotes, or a backslash at its end swallows the closing one
 */
export function readSqlText(text: string, quote: keyof typeof SHAPES = '"'): string {
  if (!text.includes('\\') && !text.includes(quote)) return text
  if (!SHAPES[quote].whole.test(text)) throw new DatabaseError('a value that is not one text')
  return text.replace(SHAPES[quote].escape, (_, escaped: string | undefined) =>
    escaped === undefined ? quote : (ESCAPES[escaped] ?? escaped)
  )
}
