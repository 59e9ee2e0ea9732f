import { blankDetail, type Cleaned, type Column, columnOf, fit, losses, refuse } from './column.ts'
import { columnText, type DbCharset, type NonLatin } from './column-text.ts'
import { CALLBACK_COMMENTS, FIELDS, type Field } from '../fields.ts'
import { parseDate, parseInteger, parseOffset } from './numbers-and-dates.ts'
import { readPhone } from './phone.ts'
import { onOneLine, prose } from './prose.ts'
import { listGiven, type Refusal, textMeant } from '../refusal.ts'
import { BLANK, composed, tooManyMarks, unsafeCharacter } from './sendable-text.ts'
import { asciiOf, shown, unseenIn, withoutInvisible } from './typography.ts'

/** Cleans a value for a field, or refuses it. Never throws. */
export type Cleaner = (field: Field, value: unknown) => Cleaned | Refusal

const IS_ASCII = /^[\0-\x7f]*$/
/** What a phone number may have besides ASCII: spaces, dashes, full-width forms. */
const PHONE_TYPOGRAPHY = /(?!\p{ASCII})[\p{Zs}\p{Pd}\u2212\uff01-\uff5e]/gu
/** A whole number as table programs write one that they hold as a fraction: `2125550100.0`, `2.12555E+09`. */
const TABLE_NUMBER = /^\+?(?:\d{6,}\.0+|\d(?:\.\d+)?[Ee]\+\d+)$/
/** Most lost characters listed in a refusal. */
const MAX_LISTED_CHARACTERS = 10
const NO_CHARACTERS: readonly string[] = []

/** Properties of a server, besides `use_non_latin`, that decide what it stores. */
export interface ServerTraits {
  readonly dbCharset?: DbCharset
  /** Whether `country_code` keeps capital letters only, and cannot be emptied; see `src/vicidial/builds.ts`. */
  readonly capitalsInCountryCode?: boolean
}

/**
 * Creates the cleaner for one server. What VICIdial keeps was measured. The gateway decides what may be lost with a
 * warning: identifiers are never altered, prose may lose characters.
 */
export function createCleaner(nonLatin: NonLatin, traits: ServerTraits = {}): Cleaner {
  const { dbCharset = 'utf8' } = traits
  const text = columnText(dbCharset, nonLatin)
  const fields = [...fieldsOf(traits), CALLBACK_COMMENTS]
  const columns = new Map(fields.map((field) => [field.name, columnOf(field, text, nonLatin)]))
  return ({ name }, value) => {
    const column = columns.get(name)
    if (column === undefined) throw new RangeError('unknown field')
    if (value === null) return clear(column.field)
    switch (column.field.type) {
      case 'integer':
        return number(column.field, value, parseInteger, 'an integer, as a number or a string of digits')
      case 'number':
        return number(column.field, value, parseOffset, 'a number with at most two decimals')
      default:
        return textValue(column, value)
    }
  }
}

/** The fields as a server has them. */
export function fieldsOf({ capitalsInCountryCode = false }: ServerTraits): readonly Field[] {
  if (!capitalsInCountryCode) return FIELDS
  return FIELDS.map((field) => (field.name === 'country_code' ? { ...field, ...CAPITALS } : field))
}

const CAPITALS = {
  letters: 'capitals',
  characters: '',
  keeps: 'capital letters A to Z',
  clearable: false
} as const

function clear(field: Field): Cleaned | Refusal {
  if (!field.clearable) {
    return refuse(
      field,
      'field_not_clearable',
      `VICIdial cannot hold an empty ${field.name}; leave it out or give a value.`
    )
  }
  return { send: BLANK, stored: field.type === 'date' ? '0000-00-00' : '', warnings: [] }
}

function number(
  field: Field,
  value: unknown,
  parse: (value: unknown) => { value: number; stored: string } | undefined,
  what: string
): Cleaned | Refusal {
  const parsed = parse(value)
  const { minimum = 0, maximum = 0 } = field
  if (parsed === undefined) {
    return refuse(
      field,
      'field_invalid',
      `${field.name} must be ${what}, from ${minimum} to ${maximum}.${unseenIn(value)}${listGiven(value)}`
    )
  }
  if (parsed.value < minimum || parsed.value > maximum) {
    return refuse(field, 'field_invalid', `${field.name} must be from ${minimum} to ${maximum}.`)
  }
  return { send: parsed.stored, stored: parsed.stored, warnings: [] }
}

function textValue(column: Column, value: unknown): Cleaned | Refusal {
  const { field } = column
  if (typeof value !== 'string') {
    return refuse(
      field,
      'field_invalid',
      `${field.name} must be a string${field.clearable ? ', or null to empty it' : ''}.${textMeant(value)}`
    )
  }
  if (field.type === 'text' && value !== BLANK && column.sound.test(value)) {
    return { send: value, stored: value, warnings: [] }
  }
  const trimmed = composed(value)
  if (trimmed === undefined) return refuse(field, 'unsafe_characters', tooManyMarks(field.name))
  if (trimmed === '') {
    const hint = field.clearable ? 'use null to empty the field, or leave it out' : 'leave the field out'
    return refuse(field, 'field_invalid', `${field.name} is an empty string; ${hint}.`)
  }
  const isProse = field.kind === 'prose'
  const text = isProse ? onOneLine(column, trimmed) : trimmed
  const unsafe = unsafeCharacter(text, field.name === 'comments')
  if (unsafe)
    return refuse(
      field,
      'unsafe_characters',
      `${field.name} holds ${unsafe}, which is never sent to VICIdial.`
    )

  if (text === BLANK) return refuse(field, 'unsafe_characters', blankDetail(field))

  if (field.choices) {
    if (field.choices.includes(trimmed)) return { send: trimmed, stored: trimmed, warnings: [] }
    return refuse(
      field,
      'field_invalid',
      `${field.name} must be one of ${field.choices.join(', ')}.${unseenIn(trimmed)}`
    )
  }
  if (field.type === 'date') {
    const date = parseDate(trimmed)
    if (date) return { send: date, stored: date, warnings: [] }
    return refuse(
      field,
      'field_invalid',
      `${field.name} must be a date that exists, as YYYY-MM-DD.${unseenIn(trimmed)}`
    )
  }
  if (field.type === 'phone') return phone(column, value, trimmed)
  if (field.mayBePhone && TABLE_NUMBER.test(text)) {
    const detail = `${field.name} is a phone number as a table program writes a number: give the digits alone.`
    return refuse(field, 'field_invalid', detail)
  }
  return isProse ? prose(column, value, trimmed, text) : identifier(column, trimmed)
}

function phone(column: Column, value: string, trimmed: string): Cleaned | Refusal {
  const { field } = column
  const seen = IS_ASCII.test(trimmed) ? trimmed : withoutInvisible(trimmed)
  const plain = seen.replace(PHONE_TYPOGRAPHY, (character) => asciiOf(character) ?? character)
  const reading = readPhone(plain)
  if ('code' in reading) {
    return refuse(field, reading.code, `${field.name} ${reading.detail}.${unseenIn(trimmed)}`)
  }
  const { digits, trunkZeroDropped } = reading
  const isDropped = seen !== trimmed || trunkZeroDropped
  return fit(column, digits, digits, losses(column, value, digits, plain !== seen, isDropped))
}

function identifier(column: Column, trimmed: string): Cleaned | Refusal {
  const { field, lost: deleted, text } = column
  const lost = new Set([
    ...(trimmed.match(deleted) ?? NO_CHARACTERS),
    ...(trimmed.match(text.unstorable) ?? NO_CHARACTERS),
    ...(trimmed.includes('+') ? ['+'] : NO_CHARACTERS)
  ])
  if (lost.size > 0) {
    return refuse(
      field,
      'characters_lost',
      `VICIdial would lose ${[...lost].slice(0, MAX_LISTED_CHARACTERS).map(shown).join(' ')} from ${field.name}: it keeps ${field.keeps}.`
    )
  }
  return fit(column, trimmed, trimmed, [])
}
