import { COLUMN_BY_NAME, columnValue, customValue } from '../../src/leads/reading/lead-columns.ts'
import { CUSTOM, type Row } from './rows.ts'

/** A request to the gateway. */
export type Ask = (
  method: string,
  path: string,
  body?: object,
  headers?: Record<string, string>
) => Promise<{ status: number; body: any; headers: Headers }>

/**
 * What a lead as the gateway has read it says otherwise than VICIdial's table, field by field.
 * @param row the texts of the table; fields that it lacks are not compared
 */
export function misread(result: any, row: Row): string[] {
  const unread = new Map<string, string>(
    (result.unread ?? []).map(({ field, detail }: { field: string; detail: string }) => [field, detail])
  )
  return Object.entries(row).flatMap(([name, text]) => {
    const label = name.startsWith(CUSTOM) ? name.slice(CUSTOM.length) : undefined
    const column = COLUMN_BY_NAME.get(name)
    if (label === undefined && column?.isInRow !== true) return []
    if (unread.has(name))
      return [`${name} is unread (${unread.get(name)}), and holds ${JSON.stringify(text)}`]
    // A lead that never had a custom field has none; by SQL that looks like empty ones.
    const isAbsent = label !== undefined && result.custom_fields?.[label] === undefined
    if (isAbsent && customValue(text) === null) return []
    const read = label === undefined ? result.fields?.[name] : result.custom_fields?.[label]
    const held = column === undefined ? customValue(text) : columnValue(column, text)
    return read === held ? [] : [`${name} is read as ${JSON.stringify(read)}, and is ${JSON.stringify(held)}`]
  })
}
