import { FIELDS, type FieldType } from '../fields.ts'

/** A column of VICIdial's lead table, as it is read. */
export interface LeadColumn {
  readonly name: string
  readonly type: 'text' | 'integer' | 'number' | 'date' | 'time'
  /** Whether `lead_all_info` has it. Others are read only if a request names them, by a call of their own. */
  readonly isInRow: boolean
}

/** A value in the API's types; null if the column is empty. */
export type LeadValue = string | number | null

const TYPES: Readonly<Record<FieldType, LeadColumn['type']>> = {
  text: 'text',
  phone: 'text',
  choice: 'text',
  integer: 'integer',
  number: 'number',
  date: 'date'
}

const LAST_CALL: LeadColumn = { name: 'last_local_call_time', type: 'time', isInRow: true }

/** Every column that can be read, besides `lead_id`, in the order in which `lead_all_info` prints them. */
export const LEAD_COLUMNS: readonly LeadColumn[] = [
  ...FIELDS.flatMap(({ name, type }) => {
    const column = { name, type: TYPES[type], isInRow: true }
    return name === 'called_count' ? [column, LAST_CALL] : [column]
  }),
  { name: 'entry_list_id', type: 'integer', isInRow: true },
  { name: 'called_since_last_reset', type: 'text', isInRow: false },
  { name: 'entry_date', type: 'time', isInRow: false },
  { name: 'modify_date', type: 'time', isInRow: false }
]

export const COLUMN_BY_NAME: ReadonlyMap<string, LeadColumn> = new Map(
  LEAD_COLUMNS.map((column) => [column.name, column])
)

const INTEGER = /^-?\d{1,16}$/
const NUMBER = /^-?\d{1,4}(?:\.\d{1,4})?$/
const DATE = /^\d{4}-\d{2}-\d{2}$/
const TIME = /^\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}$/
/** How VICIdial stores a newline in `comments`. */
const STORED_NEWLINE = '!N'

/** The value of a column, from the text in VICIdial's database; undefined if such a column cannot hold the text. */
export function columnValue({ name, type }: LeadColumn, text: string): LeadValue | undefined {
  if (text === '') return null
  switch (type) {
    case 'integer':
      return INTEGER.test(text) && Number.isSafeInteger(Number(text)) ? Number(text) : undefined
    case 'number':
      return NUMBER.test(text) ? Number(text) : undefined
    case 'date':
      return timeValue(text, DATE)
    case 'time':
      return timeValue(text, TIME)
    case 'text':
      return name === 'comments' ? text.replaceAll(STORED_NEWLINE, '\n') : text
    default:
      return type satisfies never
  }
}

/** The value of a custom field, from the text in VICIdial's database. */
export function customValue(text: string): string | null {
  return text === '' ? null : timeOrNull(text)
}

function timeValue(text: string, pattern: RegExp): string | null | undefined {
  return pattern.test(text) ? timeOrNull(text) : undefined
}

/** MariaDB's way to hold no date, and no time. */
const NO_TIME = /^0000-00-00(?: 00:00:00)?$/

function timeOrNull(text: string): string | null {
  return NO_TIME.test(text) ? null : text
}
