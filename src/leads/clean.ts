import anyAscii from 'any-ascii'
import { FIELDS, type Field } from './fields.ts'
import { parseDate, parseInteger, parseOffset } from './numbers-and-dates.ts'
import type { Refusal, RefusalCode, Warning } from './refusal.ts'

/** VICIdial's system setting `use_non_latin`: with 0 only A–Z count as letters in most fields. */
export type NonLatin = 0 | 1

/** A value as sent and as VICIdial stores it, with warnings about what it loses. */
export interface Cleaned {
  send: string
  stored: string
  warnings: Warning[]
}

/** Cleans a value for a field, or refuses it. Never throws. */
export type Cleaner = (field: Field, value: unknown) => Cleaned | Refusal

/** VICIdial's marker that empties a field. In a caller's text it would erase the field. */
export const BLANK = '--BLANK--'

const LINE_ENDS = /\r\n?/g
const NEWLINE = /\n/g
const CONTROL = /\p{Cc}/u
const BEYOND_BMP = /[\u{10000}-\u{10FFFF}]/gu
const NON_ASCII_LETTER = /(?!\p{ASCII})\p{L}/gu
const PHONE_PUNCTUATION = /[+(). -]/g
const DIGITS = /^[0-9]+$/
/** Most characters of a value repeated in a warning: a little more than the longest column. */
const MAX_ECHO = 300
/** Most lost characters named in a refusal. */
const MAX_LISTED_CHARACTERS = 10
const NO_CHARACTERS: readonly string[] = []

/**
 * Creates the cleaner for one setting of `use_non_latin`. What VICIdial keeps was measured. What may be lost with a
 * warning is the gateway's decision: identifiers are never altered, prose may lose characters.
 */
export function createCleaner(nonLatin: NonLatin): Cleaner {
  const patterns = new Map(FIELDS.map((field) => [field, compile(field, nonLatin)]))
  return (field, value) => {
    if (value === null) return clear(field)
    switch (field.type) {
      case 'integer':
        return number(field, value, parseInteger, 'an integer, as a number or a string of digits')
      case 'number':
        return number(field, value, parseOffset, 'a number with at most two decimals')
      default:
        return text(field, value, patterns.get(field) ?? compile(field, nonLatin), nonLatin)
    }
  }
}

interface Patterns {
  /** A value that needs no cleaning: only ASCII that is kept, no space at its ends, no longer than the column. */
  readonly sound: RegExp
  /** The characters that VICIdial deletes, without a `+` that becomes a space. */
  readonly lost: RegExp
}

function compile(field: Field, nonLatin: NonLatin): Patterns {
  const listed = RegExp.escape(field.characters)
  const plus = field.plus === 'space' ? '+' : ''
  const letters = { none: '', any: '', by_mode: nonLatin === 1 ? '\\p{L}' : 'A-Za-z' }[field.letters]
  const lost = field.letters === 'any' ? `[${listed}]` : `[^0-9${letters}${listed}${plus}]`
  const soundSet = field.letters === 'any' ? ' .,:_-' : listed
  return {
    sound: new RegExp(`^(?! )[A-Za-z0-9${soundSet}]{1,${field.maxLength}}(?<! )$`),
    lost: new RegExp(lost, 'gu')
  }
}

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
    return refuse(field, 'field_invalid', `${field.name} must be ${what}, from ${minimum} to ${maximum}.`)
  }
  if (parsed.value < minimum || parsed.value > maximum) {
    return refuse(field, 'field_invalid', `${field.name} must be from ${minimum} to ${maximum}.`)
  }
  return { send: parsed.stored, stored: parsed.stored, warnings: [] }
}

function text(field: Field, value: unknown, patterns: Patterns, nonLatin: NonLatin): Cleaned | Refusal {
  if (typeof value !== 'string') {
    return refuse(
      field,
      'field_invalid',
      `${field.name} must be a string${field.clearable ? ', or null to empty it' : ''}.`
    )
  }
  if (field.type === 'text' && value !== BLANK && patterns.sound.test(value)) {
    return { send: value, stored: value, warnings: [] }
  }
  const trimmed = value.replace(LINE_ENDS, '\n').normalize('NFC').trim()
  if (trimmed === '') {
    const hint = field.clearable ? 'use null to empty the field, or leave it out' : 'leave the field out'
    return refuse(field, 'field_invalid', `${field.name} is an empty string; ${hint}.`)
  }
  const unsafe = unsafeCharacter(trimmed, field.name === 'comments')
  if (unsafe)
    return refuse(
      field,
      'unsafe_characters',
      `${field.name} holds ${unsafe}, which is never sent to VICIdial.`
    )

  if (trimmed === BLANK) return refuse(field, 'unsafe_characters', blankDetail(field))

  if (field.choices) {
    if (field.choices.includes(trimmed)) return { send: trimmed, stored: trimmed, warnings: [] }
    return refuse(field, 'field_invalid', `${field.name} must be one of ${field.choices.join(', ')}.`)
  }
  if (field.type === 'date') {
    const date = parseDate(trimmed)
    if (date) return { send: date, stored: date, warnings: [] }
    return refuse(field, 'field_invalid', `${field.name} must be a date that exists, as YYYY-MM-DD.`)
  }
  if (field.type === 'phone') return phone(field, trimmed)
  return field.kind === 'prose'
    ? prose(field, value, trimmed, patterns, nonLatin)
    : identifier(field, trimmed, patterns)
}

function phone(field: Field, trimmed: string): Cleaned | Refusal {
  const digits = trimmed.replace(PHONE_PUNCTUATION, '')
  if (!DIGITS.test(digits)) {
    return refuse(
      field,
      'characters_lost',
      `${field.name} takes digits, and + ( ) . - and spaces between them.`
    )
  }
  return fit(field, digits, digits, [])
}

function identifier(field: Field, trimmed: string, patterns: Patterns): Cleaned | Refusal {
  const lost = new Set([
    ...(trimmed.match(patterns.lost) ?? NO_CHARACTERS),
    ...(trimmed.match(BEYOND_BMP) ?? NO_CHARACTERS),
    ...(trimmed.includes('+') ? ['+'] : NO_CHARACTERS)
  ])
  if (lost.size > 0) {
    return refuse(
      field,
      'characters_lost',
      `VICIdial would lose ${[...lost].slice(0, MAX_LISTED_CHARACTERS).join(' ')} from ${field.name}: it keeps ${field.keeps}.`
    )
  }
  return fit(field, trimmed, trimmed, [])
}

function prose(
  field: Field,
  value: string,
  trimmed: string,
  patterns: Patterns,
  nonLatin: NonLatin
): Cleaned | Refusal {
  const latin =
    nonLatin === 0 && field.letters === 'by_mode' ? trimmed.replace(NON_ASCII_LETTER, anyAscii) : trimmed
  const kept = latin.replace(patterns.lost, '')
  if (kept.replace(BEYOND_BMP, '').replaceAll('+', '').trim() === '') {
    return refuse(
      field,
      'characters_lost',
      `VICIdial would lose all of ${field.name}: it keeps ${field.keeps}.`
    )
  }
  // The columns are three-byte UTF-8: VICIdial would store one or four question marks for anything beyond.
  const beyond = field.letters === 'any' ? '?' : ''
  const send = kept.replaceAll('+', ' ').replace(BEYOND_BMP, beyond).trim()
  const stored = send.replace(NEWLINE, '!N')
  const warnings: Warning[] = []
  const sent = value.length > MAX_ECHO ? `${value.slice(0, MAX_ECHO)}…` : value
  if (latin !== trimmed) warnings.push({ field: field.name, code: 'transliterated', sent, stored })
  if (send !== latin) warnings.push({ field: field.name, code: 'characters_dropped', sent, stored })
  return fit(field, send, stored, warnings)
}

function fit(field: Field, send: string, stored: string, warnings: Warning[]): Cleaned | Refusal {
  if (stored.length > field.maxLength) {
    const detail = `${field.name} is ${stored.length} characters as VICIdial stores it; it holds ${field.maxLength}.`
    return refuse(field, 'field_too_long', detail)
  }
  if (send === BLANK) return refuse(field, 'unsafe_characters', blankDetail(field))
  return { send, stored, warnings }
}

function blankDetail(field: Field): string {
  return `${BLANK} would empty ${field.name}; use null if that is meant.`
}

/**
 * Names what must never be sent to VICIdial in `text`: a backslash, which it writes into SQL unescaped, a control
 * character, or half of a surrogate pair, which has no UTF-8. Returns undefined if there is nothing of the kind.
 */
export function unsafeCharacter(text: string, newlineAllowed: boolean): string | undefined {
  if (text.includes('\\')) return 'a backslash'
  if (!text.isWellFormed()) return 'half of a surrogate pair'
  const control = (newlineAllowed ? text.replace(NEWLINE, '') : text).match(CONTROL)
  if (control)
    return `the control character U+${control[0].charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}`
  return undefined
}

function refuse(field: Field, code: RefusalCode, detail: string): Refusal {
  return { code, field: field.name, detail }
}
