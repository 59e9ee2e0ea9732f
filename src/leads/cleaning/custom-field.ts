import { BLANK, composed, tooManyMarks, unsafeCharacter } from './sendable-text.ts'
import type { Cleaned } from './column.ts'
import type { ColumnText } from './column-text.ts'
import { parseDate, parseTime } from './numbers-and-dates.ts'
import { withoutTabs } from './prose.ts'
import { quoted, type Refusal, type RefusalCode, textMeant } from '../refusal.ts'
import { unseenIn } from './typography.ts'

/** How values of one type are read. */
interface TypeRules {
  /** How many of the field's options a value has; absent: the type has no options. */
  readonly options?: 'one' | 'several'
  /** Longest value of a type that limits its values itself, as VICIdial's columns count it. */
  readonly maxLength?: number
  /** What a field holds of a text, undefined if it can't hold it; absent: any text unchanged. */
  readonly read?: (text: string) => string | undefined
  /** What `read` takes, in words. */
  readonly wanted?: string
  /** Whether it holds prose, in which tabs may become spaces with a warning. */
  readonly isProse?: boolean
  /** What an emptied field holds; null: it cannot be empty. Absent: an empty text. */
  readonly emptied?: string | null
}

const NUMBER = /^-?\d+(?:\.\d+)?$/
/** A TEXT column has 65,535 bytes, and a character up to three of them. */
const TEXT_COLUMN = 21_845

const TYPES = {
  TEXT: {},
  AREA: { maxLength: TEXT_COLUMN, isProse: true },
  HIDDEN: {},
  HIDEBLOB: { maxLength: TEXT_COLUMN },
  READONLY: {},
  NUMBER: {
    read: (text: string) => (NUMBER.test(text) ? text : undefined),
    wanted: 'a number in digits, as 12 or -12.5'
  },
  DATE: {
    maxLength: 10,
    read: parseDate,
    wanted: 'a date that exists, as YYYY-MM-DD',
    emptied: '0000-00-00'
  },
  // An empty TIME is stored as 00:00:00, which is midnight.
  TIME: { maxLength: 8, read: parseTime, wanted: 'a time of day, as HH:MM or HH:MM:SS', emptied: null },
  SELECT: { options: 'one' },
  SOURCESELECT: { options: 'one' },
  RADIO: { options: 'one' },
  MULTI: { options: 'several' },
  CHECKBOX: { options: 'several' }
} as const satisfies Readonly<Record<string, TypeRules>>
export type CustomFieldType = keyof typeof TYPES

/**
 * VICIdial's types of custom fields that hold a value, and `NUMBER` for a text field that holds numbers. VICIdial checks
 * no value: it stores an invalid date as 0000-00-00, and an unknown option as nothing.
 */
export const CUSTOM_FIELD_TYPES = Object.keys(TYPES) as readonly CustomFieldType[]

/** The rules of a type; without one, any text is taken. */
export function typeRules(type: CustomFieldType | undefined): TypeRules {
  return type === undefined ? {} : TYPES[type]
}

/** Longest value of a field by its type and options alone; undefined if they don't limit it. */
export function ownMaxLength({
  type,
  options = new Set()
}: Omit<CustomField, 'maxLength'>): number | undefined {
  const { options: choice, maxLength } = typeRules(type)
  if (choice === undefined) return maxLength
  return choice === 'several'
    ? [...options].join(',').length
    : Math.max(0, ...[...options].map(({ length }) => length))
}

/** A custom field that the operator has listed. */
export interface CustomField {
  /** Undefined if the operator gave none: then any text is taken. */
  readonly type?: CustomFieldType
  /** Longest stored text, as VICIdial's columns count it. */
  readonly maxLength: number
  /** The values of a type that has options. */
  readonly options?: ReadonlySet<string>
}

/** Characters of a custom field's value that VICIdial deletes or replaces. */
const LOST = /[;"+]/
/** Most options that a refusal names: there may be a refusal for each update. */
const MAX_LISTED_OPTIONS = 20
/** The most characters of them. */
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
): Cleaned | Refusal {
  const refuse = (code: RefusalCode, detail: string): Refusal => ({ code, field: name, detail })
  if (value === null) {
    const { emptied = '' } = typeRules(field.type)
    if (emptied === null)
      return refuse(
        'field_not_clearable',
        `VICIdial cannot hold an empty ${name}; leave it out or give a time.`
      )
    return { send: BLANK, stored: emptied, warnings: [] }
  }
  const given = field.type === 'NUMBER' && typeof value === 'number' ? String(value) : value
  if (typeof given !== 'string')
    return refuse('field_invalid', `${name} must be a string.${textMeant(value)}`)
  const trimmed = composed(given)
  if (trimmed === undefined) return refuse('unsafe_characters', tooManyMarks(name))
  const text = typeRules(field.type).isProse === true ? withoutTabs(trimmed).trim() : trimmed
  if (text === '') return refuse('field_invalid', `${name} is an empty string; use null to empty it.`)
  const unsafe = unsafeCharacter(text, true)
  if (unsafe) return refuse('unsafe_characters', `${name} holds ${unsafe}, which is never sent to VICIdial.`)
  if (text === BLANK) return refuse('unsafe_characters', `${BLANK} would empty ${name}; use null.`)
  const stored = ofType(field, text)
  if (stored === undefined)
    return refuse('field_invalid', `${name} must be ${wanted(field)}.${unseenIn(text)}`)
  const lost = lostCharacters(stored)
  if (lost) return refuse('characters_lost', `VICIdial would lose ${lost} from ${name}.`)
  if (stored.search(column.unstorable) !== -1)
    return refuse('characters_lost', `${name} has characters that VICIdial's database cannot hold.`)
  // An option needs no room: the column holds its position.
  if (typeRules(field.type).options !== 'one' && column.lengthOf(stored) > field.maxLength)
    return refuse('field_too_long', `${name} is longer than ${field.maxLength} ${column.unit}.`)
  const isAltered = text !== trimmed
  const warning = { field: name, code: 'transliterated', sent: quoted(given), stored } as const
  return { send: stored, stored, warnings: isAltered ? [warning] : [] }
}

/** Names what VICIdial would lose of a custom field's value; undefined if it keeps all. */
export function lostCharacters(text: string): string | undefined {
  return LOST.test(text) ? '; " +' : undefined
}

/** What a field of this type holds of a text; undefined if it can't hold it. */
function ofType({ type, options = new Set() }: CustomField, text: string): string | undefined {
  const { options: choice, read } = typeRules(type)
  if (choice === 'one') return options.has(text) ? text : undefined
  if (choice === 'several') return chosen(text, options)
  return read ? read(text) : text
}

/** Several options with commas between, as VICIdial's own forms store them. */
function chosen(text: string, options: ReadonlySet<string>): string | undefined {
  const each = text.split(',').map((option) => option.trim())
  const isSound = each.every((option) => options.has(option)) && new Set(each).size === each.length
  return isSound ? each.join(',') : undefined
}

function wanted({ type, options = new Set() }: CustomField): string {
  const { options: choice, wanted: what = '' } = typeRules(type)
  if (choice === undefined) return what
  const listed = [...options.values().take(MAX_LISTED_OPTIONS)].join(', ')
  const isWhole = options.size <= MAX_LISTED_OPTIONS && listed.length <= MAX_LISTED
  const some = isWhole ? listed : `${listed.slice(0, MAX_LISTED)}…`
  return `${choice === 'several' ? 'one or several, with commas between, of' : 'one of'} ${some}`
}
