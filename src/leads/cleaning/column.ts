import escapeRegExp from 'escape-string-regexp'
import type { ColumnText, NonLatin } from './column-text.ts'
import type { Field } from '../fields.ts'
import { quoted, type Refusal, type RefusalCode, type Warning } from '../refusal.ts'
import { BLANK } from './sendable-text.ts'

/** A value as sent and as VICIdial stores it, with warnings about what it loses. */
export interface Cleaned {
  send: string
  stored: string
  warnings: Warning[]
}

/** A field's column on one server. */
export interface Column {
  readonly field: Field
  readonly text: ColumnText
  /** Whether letters other than A–Z are transliterated, as VICIdial would lose them. */
  readonly isTransliterated: boolean
  /** A value that needs no cleaning: only ASCII that is kept, no space at its ends, no longer than the column. */
  readonly sound: RegExp
  /** The characters that VICIdial deletes, without a `+` that becomes a space. */
  readonly lost: RegExp
  /** What a backslash is written as: a slash, or a space where VICIdial would delete it. */
  readonly backslash: '/' | ' '
}

/** A field's column on a server with this setting of `use_non_latin`. */
export function columnOf(field: Field, text: ColumnText, nonLatin: NonLatin): Column {
  const listed = escapeRegExp(field.characters)
  const plus = field.plus === 'space' ? '+' : ''
  const kept = { none: '0-9', any: '', by_mode: `0-9${text.letters}`, capitals: 'A-Z' }[field.letters]
  const ascii = field.letters === 'capitals' ? 'A-Z' : 'A-Za-z0-9'
  const plain = field.letters === 'any' ? ' .,:_-' : listed
  const sound = ascii + (field.mayBePhone ? plain.replace('\\.', '') : plain)
  const lost = new RegExp(field.letters === 'any' ? `[${listed}]` : `[^${kept}${listed}${plus}]`, 'gu')
  return {
    field,
    text,
    isTransliterated: nonLatin === 0 && field.letters === 'by_mode',
    sound: new RegExp(`^(?! )[${sound}]{1,${field.maxLength}}(?<! )$`),
    lost,
    backslash: isKept('/', lost) ? '/' : ' '
  }
}

/** Whether VICIdial keeps all of a text, by the characters that it deletes. */
export function isKept(text: string, lost: RegExp): boolean {
  return text.search(lost) === -1
}

/** The warnings about a value that is stored otherwise. */
export function losses(
  { field }: Column,
  value: string,
  stored: string,
  isTransliterated: boolean,
  isDropped: boolean
): Warning[] {
  const codes: Warning['code'][] = []
  if (isTransliterated) codes.push('transliterated')
  if (isDropped) codes.push('characters_dropped')
  return codes.map((code) => ({ field: field.name, code, sent: quoted(value), stored }))
}

/** A value that the column has room for, or its refusal. */
export function fit(
  { field, text }: Column,
  send: string,
  stored: string,
  warnings: Warning[]
): Cleaned | Refusal {
  const length = text.lengthOf(stored)
  if (length > field.maxLength) {
    const detail = `${field.name} is ${length} ${text.unit} as VICIdial stores it; it holds ${field.maxLength}.`
    return refuse(field, 'field_too_long', detail)
  }
  if (send === BLANK) return refuse(field, 'unsafe_characters', blankDetail(field))
  return { send, stored, warnings }
}

/** Why VICIdial's marker that empties a field is refused. */
export function blankDetail(field: Field): string {
  return `${BLANK} would empty ${field.name}; use null if that is meant.`
}

export function refuse(field: Field, code: RefusalCode, detail: string): Refusal {
  return { code, field: field.name, detail }
}
