import { shapeOf } from './json-guard.ts'

const ANY_DEPTH = Number.POSITIVE_INFINITY
const NUMBER = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/

/**
 * Parses JSON. A number that JavaScript would print as another one, such as an id beyond 2^53, becomes its text.
 * @param longNumbers see `JsonShape`
 * @throws SyntaxError as JSON.parse does
 */
export function parseExactly(text: string, longNumbers = shapeOf(text, ANY_DEPTH).longNumbers): unknown {
  const value: unknown = JSON.parse(text)
  if (longNumbers.length === 0) return value
  const exact = withInexactQuoted(text, longNumbers)
  return exact === text ? value : JSON.parse(exact)
}

/** Makes strings of the numbers that JavaScript cannot hold, in a text that is JSON. */
function withInexactQuoted(text: string, longNumbers: readonly number[]): string {
  const parts: string[] = []
  let copied = 0
  for (let index = 0; index < longNumbers.length; index += 2) {
    const [start = 0, end = 0] = longNumbers.slice(index, index + 2)
    const source = text.slice(start, end)
    if (isExact(source)) continue
    // VICIdial keeps no plus sign, and an exponent means the same without it.
    parts.push(text.slice(copied, start), '"', source.replace('+', ''), '"')
    copied = end
  }
  return parts.length === 0 ? text : parts.join('') + text.slice(copied)
}

/** Whether a number prints as itself, even if spelled otherwise: `1.50`, `1e2`. */
function isExact(source: string): boolean {
  const printed = String(Number(source))
  return printed === source || canonical(printed) === canonical(source)
}

/** One spelling for all texts of a number: its digits without zeros at either end, and an exponent. */
function canonical(text: string): string {
  const [, sign = '', whole = text, fraction = '', exponent = '0'] = NUMBER.exec(text) ?? []
  const digits = whole + fraction
  let start = 0
  while (digits[start] === '0') start++
  if (start === digits.length) return '0'
  let end = digits.length
  while (digits[end - 1] === '0') end--
  return `${sign}${digits.slice(start, end)}e${Number(exponent) - fraction.length + digits.length - end}`
}
