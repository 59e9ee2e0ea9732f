import { BLANK, composed, tooManyMarks, unsafeCharacter } from './sendable-text.ts'
import type { ColumnText } from './column-text.ts'
import { parseDate, parseTime } from './numbers-and-dates.ts'
import type { Refusal, RefusalCode } from './refusal.ts'

/**
 * VICIdial's types of custom fields that hold a value, and `NUMBER` for a text field that holds numbers. VICIdial checks
 * no value: it stores an invalid date as 0000-00-00, and an unknown option as nothing.
 */
export const CUSTOM_FIELD_TYPES = [
  ...(['TEXT', 'AREA', 'HIDDEN', 'HIDEBLOB', 'READONLY', 'NUMBER', 'DATE', 'TIME'] as const),
  ...(['SELECT', 'SOURCESELECT', 'RADIO', 'MULTI', 'CHECKBOX'] as const)
] as const
export type CustomFieldType = (typeof CUSTOM_FIELD_TYPES)[number]

/** A custom field that the operator has listed. */
export interface CustomField {
  /** Undefined if the operator has not said it: then any text is taken. */
  readonly type?: CustomFieldType
  /** Longest stored text, as VICIdial's columns count it. */
  readonly maxLength: number
  /** The values of a type that has options. */
  readonly options?: ReadonlySet<string>
}

/** A value as sent and as VICIdial stores it. */
interface CleanedCustom {
  readonly send: string
  readonly stored: string
}

/** Characters of a custom field's value that VICIdial deletes or replaces. */
const LOST = /[;"+]/
const NUMBER = /^-?\d+(?:\.\d+)?$/
/** Most options that a refusal names, and the most characters of them: there may be a refusal for each update. */
const MAX_LISTED_OPTIONS = 20
const MAX_LISTED = 200

/**
 * Checks and cleans a value of a custom field. Never throws.
 * @param name the field's name in refusals
 * @param column how VICIdial's columns hold text
 */
export function cleanCustomField(
  name: string,
  field: CustomField,
  value: unknown,
  column: ColumnText
): CleanedCustom | Refusal {
  const refuse = (code: RefusalCode, detail: string): Refusal => ({ code, field: name, detail })
  if (value === null) {
    // Nothing is stored as 00:00:00 there, which is midnight.
    if (field.type === 'TIME')
      return refuse(
        'field_not_clearable',
        `VICIdial cannot hold an empty ${name}; leave it out or give a time.`
      )
    return { send: BLANK, stored: field.type === 'DATE' ? '0000-00-00' : '' }
  }
  const given = field.type === 'NUMBER' && typeof value === 'number' ? String(value) : value
  if (typeof given !== 'string') return refuse('field_invalid', `${name} must be a string.`)
  const text = composed(given)
  if (text === undefined) return refuse('unsafe_characters', tooManyMarks(name))
  if (text === '') return refuse('field_invalid', `${name} is an empty string; use null to empty it.`)
  const unsafe = unsafeCharacter(text, true)
  if (unsafe) return refuse('unsafe_characters', `${name} holds ${unsafe}, which is never sent to VICIdial.`)
  if (text === BLANK) return refuse('unsafe_characters', `${BLANK} would empty ${name}; use null.`)
  const stored = ofType(field, text)
  if (stored === undefined) return refuse('field_invalid', `${name} must be ${wanted(field)}.`)
  const lost = lostCharacters(stored)
  if (lost) return refuse('characters_lost', `VICIdial would lose ${lost} from ${name}.`)
  if (stored.search(column.unstorable) !== -1)
    return refuse('characters_lost', `${name} has characters that VICIdial's database cannot hold.`)
  if (column.lengthOf(stored) > field.maxLength)
    return refuse('field_too_long', `${name} is longer than ${field.maxLength} ${column.unit}.`)
  return { send: stored, stored }
}

/** Names what VICIdial would lose of a custom field's value; undefined if it keeps all. */
export function lostCharacters(text: string): string | undefined {
  return LOST.test(text) ? '; " +' : undefined
}

/** What a field of this type holds of a text; undefined if it can't hold it. */
function ofType({ type, options = new Set() }: CustomField, text: string): string | undefined {
  switch (type) {
    case 'DATE':
      return parseDate(text)
    case 'TIME':
      return parseTime(text)
    case 'NUMBER':
      return NUMBER.test(text) ? text : undefined
    case 'SELECT':
    case 'SOURCESELECT':
    case 'RADIO':
      return options.has(text) ? text : undefined
    case 'MULTI':
    case 'CHECKBOX':
      return chosen(text, options)
    default:
      return text
  }
}

/** Several options with commas between, as VICIdial's own forms store them. */
function chosen(text: string, options: ReadonlySet<string>): string | undefined {
  const each = text.split(',').map((option) => option.trim())
  const isSound = each.every((option) => options.has(option)) && new Set(each).size === each.length
  return isSound ? each.join(',') : undefined
}

function wanted({ type, options = new Set() }: CustomField): string {
  switch (type) {
    case 'DATE':
      return 'a date that exists, as YYYY-MM-DD'
    case 'TIME':
      return 'a time of day, as HH:MM or HH:MM:SS'
    case 'NUMBER':
      return 'a number in digits, as 12 or -12.5'
    default: {
      const listed = [...options.values().take(MAX_LISTED_OPTIONS)].join(', ')
      const isWhole = options.size <= MAX_LISTED_OPTIONS && listed.length <= MAX_LISTED
      const some = isWhole ? listed : `${listed.slice(0, MAX_LISTED)}…`
      const how =
        type === 'MULTI' || type === 'CHECKBOX' ? 'one or several, with commas between, of' : 'one of'
      return `${how} ${some}`
    }
  }
}
