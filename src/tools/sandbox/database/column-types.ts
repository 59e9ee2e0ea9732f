/** The length of the column `phone_number`, in characters. */
export const PHONE_NUMBER_LENGTH = 18

/**
 * What a text column holds.
 *
 * @param text of characters up to U+FFFF
 * @param maxLength in characters
 */
export function storeText(text: string, maxLength: number): string {
  return text.slice(0, maxLength)
}

/** What an integer column holds of a text of digits: at most its maximum. */
export function storeInteger(digits: string, max: bigint): number {
  if (digits === '') return 0
  const value = BigInt(digits)
  return Number(value > max ? max : value)
}

/** What `decimal(4,2)` holds: the number that the text begins with, rounded and capped at 99.99. */
export function storeDecimal(text: string): string {
  const number = /^-?(\d+(\.\d*)?|\.\d+)/.exec(text)?.[0] ?? '0'
  const hundredths = Math.round(Math.abs(Number(`${number}e2`)))
  const limited = Math.min(hundredths, 9999)
  return `${number.startsWith('-') && limited > 0 ? '-' : ''}${(limited / 100).toFixed(2)}`
}

/** What `enum('M','F','U','')` holds. */
export function storeGender(text: string): string {
  return text === 'M' || text === 'F' || text === 'U' ? text : ''
}
