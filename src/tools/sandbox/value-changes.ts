import type { ApiCall } from './api-call.ts'
import { VALUE_PARAMETERS } from './columns.ts'
import type { Changes } from './lead-table.ts'
import { readSqlText, toThreeByteText } from './sql-text.ts'

const BLANK = '--BLANK--'

/**
 * The column values that a call asks for: empty parameters ask for nothing, `--BLANK--` for an empty column.
 *
 * @returns undefined if the call asks for no change at all
 * @throws {DatabaseError} when a backslash breaks the UPDATE
 */
export function readValueChanges({ value, useNonLatin }: ApiCall): Changes | undefined {
  const changes: Record<string, string | number> = {}
  for (const { name, column, store } of VALUE_PARAMETERS) {
    const text = value(name)
    if (text !== '') changes[column] = store(toThreeByteText(readSqlText(writtenText(text)), useNonLatin))
  }
  if (value('reset_lead') === 'Y') changes['called_since_last_reset'] = 'N'
  return Object.keys(changes).length > 0 ? changes : undefined
}

/** The text that VICIdial writes for a value; a newline is stored as `!N`. */
function writtenText(text: string): string {
  return text === BLANK ? '' : text.replaceAll('\n', '!N')
}
