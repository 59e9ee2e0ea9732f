import { collate } from './collation.ts'

/** The length of the column `phone_number`, in characters. */
export const PHONE_NUMBER_LENGTH = 18

/** What an integer column stores for a text: the number at its beginning, rounded, within the column's limits. */
export function storeInteger(text: string, min: number, max: number): number {
  const value = scaled(text, 0)
  return Math.min(Math.max(value, min), max)
}

/** What `decimal(4,2)` stores: the number at the text's beginning, rounded and capped at 99.99. */
export function storeDecimal(text: string): string {
  const hundredths = scaled(text, 2)
  return (Math.min(Math.max(hundredths, -9999), 9999) / 100).toFixed(2)
}

/**
 * What an `enum` column stores: one of its options, in any letter case; for another whole number, the option at that
 * position; otherwise nothing.
 */
export function storeOption(text: string, options: readonly string[]): string {
  const option = options.find((one) => collate(one) === collate(text))
  if (option !== undefined) return option
  return /^\d+$/.test(text) ? (options[Number(text) - 1] ?? '') : ''
}

const NUMBER = /^\s*([+-]?)(\d+\.?\d*|\.\d+)(?:e([+-]?\d+))?/i

/** The number that a text begins with, 0 without one, times a power of ten and rounded, halves away from zero. */
function scaled(text: string, digits: number): number {
  const [, sign, mantissa, exponent = '0'] = NUMBER.exec(text) ?? []
  const value = Math.round(Number(`${mantissa ?? 0}e${Number(exponent) + digits}`))
  return sign === '-' && value > 0 ? -value : value
}
