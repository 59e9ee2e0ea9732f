import { DatabaseError } from './database-error.ts'

const GREATEST_LIMIT = 2n ** 64n - 1n

/**
 * Reads the parameter `records`, a limit of rows.
 *
 * @param text digits; empty for the default of the function
 * @throws {DatabaseError} for a number that no LIMIT takes
 */
export function readRecordsLimit(text: string, whenEmpty: number): number {
  if (text === '') return whenEmpty
  const limit = BigInt(text)
  if (limit > GREATEST_LIMIT) throw new DatabaseError('no such limit')
  return Number(limit)
}
