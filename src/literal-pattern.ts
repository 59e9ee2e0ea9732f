/**
 * A pattern for exactly this text, which is valid anywhere in a regular expression, also in a class and with any flag.
 * Node 22 has no `RegExp.escape`.
 */
export function literalPattern(text: string): string {
  return text.replaceAll(/[!-/:-@[-`{-~]/g, (sign) => `\\x${sign.charCodeAt(0).toString(16)}`)
}
