import anyAscii from 'any-ascii'
import { type Cleaned, type Column, fit, isKept, losses, refuse } from './column.ts'
import type { Refusal } from '../refusal.ts'
import { asciiOf, unseenIn } from './typography.ts'

const NEWLINE = /\n/g
/** Letters and digits that have a Latin spelling. */
const LETTER = /\p{L}/u
const DIGIT = /\p{Nd}/u
/** A number that is one character, such as a fraction or an exponent. */
const SIGN_OF_NUMBER = /\p{No}/u
const ASCII_DIGIT = /[0-9]/
/** What a reader takes for a space, without line breaks. */
const TABS = /[\t\v\f\u0085]+/g
/** The same with line breaks. */
const BREAKS = /[\t\v\f\n\u0085\u2028\u2029]+/g

/** Writes tabs as spaces, and backslashes as slashes: VICIdial must never get either. Line breaks stay. */
export function withoutTabs(text: string): string {
  return text.replace(TABS, ' ').replaceAll('\\', '/')
}

/** Like `withoutTabs`, with line breaks as spaces in all but `comments`, and no slash where VICIdial would delete it. */
export function onOneLine({ field, backslash }: Column, text: string): string {
  return field.name === 'comments' ? withoutTabs(text) : text.replace(BREAKS, ' ').replaceAll('\\', backslash)
}

/**
 * Cleans prose.
 * @param value as it was sent
 * @param trimmed the same, composed and trimmed
 * @param line the same, by `onOneLine`
 */
export function prose(column: Column, value: string, trimmed: string, line: string): Cleaned | Refusal {
  const { field, text } = column
  const spell = (character: string, offset: number, whole: string) =>
    spelling(column, character, whole[offset - 1], whole[offset + character.length])
  const spelled = line.replace(column.lost, spell).replace(text.unstorable, spell).trim()
  const kept = spelled.replace(column.lost, '')
  if (kept.replace(text.unstorable, '').replaceAll('+', '').trim() === '') {
    return refuse(
      field,
      'characters_lost',
      `VICIdial would lose all of ${field.name}: it keeps ${field.keeps}.${unseenIn(trimmed)}`
    )
  }
  // VICIdial would store one or four question marks for what a column cannot hold; only a comment still has any.
  const send = kept.replaceAll('+', ' ').replace(text.unstorable, '?').trim()
  const stored = send.replace(NEWLINE, '!N')
  return fit(column, send, stored, losses(column, value, stored, spelled !== trimmed, send !== spelled))
}

/** How a character that VICIdial would lose is written instead; itself if there is no such spelling. */
function spelling(
  { isTransliterated, lost }: Column,
  character: string,
  before: string | undefined,
  after: string | undefined
): string {
  if (isTransliterated && LETTER.test(character)) return anyAscii(character)
  const ascii = DIGIT.test(character) ? anyAscii(character) : asciiOf(character)
  if (ascii === undefined || !isKept(ascii, lost)) return character
  if (!SIGN_OF_NUMBER.test(character)) return ascii
  // 12½ is not 121/2.
  const isDigit = (neighbour = '') => ASCII_DIGIT.test(neighbour)
  return `${isDigit(before) ? ' ' : ''}${ascii}${isDigit(after) ? ' ' : ''}`
}
