/** Reads phone numbers as people and programs write them. Punctuation that would change the digits is refused. */

import type { Refusal } from '../refusal.ts'

/** The digits of a phone number, and whether a trunk zero was left out. */
export interface PhoneDigits {
  readonly digits: string
  readonly trunkZeroDropped: boolean
}

/** More than the longest number with punctuation after each digit. */
const MAX_TEXT = 100
const PUNCTUATION = /[+(). -]/g
const DIGITS = /^[0-9]+$/
/** With an exponent, or with thousands separators. */
const AS_TABLE_NUMBER = /^\+?(?:\d(?:\.\d+)?[Ee]\+?\d+|\d{1,3}(?:[,'_]\d{3})+(?:[,.]\d+)?)$/
const WITH_EXTENSION = /\d\W{0,9}(?:ext(?:ension)?|x|#|;ext=)\W{0,9}\d{1,9}$/i
/** Three digits or more: people write single digits and pairs through the whole number. */
const GROUP = /0{3}/
/** A zero in brackets after a country code: it is dialed only inside the country. */
const TRUNK_ZERO = /^(?<country>(?:\+|00)[ .-]*[1-9]\d{0,2})[ .-]*\(0\)/
/** Begins with a country code. */
const INTERNATIONAL = /^[( ]*(?:\+|00)/
/** Country codes: no longer one begins with a shorter one (ITU-T E.164). */
const COUNTRY_CODE =
  /^(?:[17]|2[07]|3[0-469]|4[013-9]|5[1-8]|6[0-6]|8[1246]|9[0-58]|(?:2[1-689]|3[578]|42|5[09]|6[7-9]|8[035789]|9[679])\d)/
/**
 * Country codes whose numbers may begin with a zero, so that it is dialed from abroad (libphonenumber 9.0): Italy, San
 * Marino and the Vatican; Ivory Coast, Burkina Faso, Niger, Benin, Gabon, the Congo, Ascension, Rwanda, New Caledonia and
 * Tajikistan; and those of no country.
 */
const KEEPS_ZERO: ReadonlySet<string> = new Set([
  ...['39', '378', '379', '225', '226', '227', '229', '241', '242', '247', '250', '687', '992'],
  ...['800', '808', '870', '878', '881', '882', '883', '888', '979']
])
const SPACES = / +/g
/** Two numbers of one length, each long enough to be dialed. */
const MIN_OF_TWO = 7
/** The same with `00` before the country code: `0097250-1234567` is one number. */
const MIN_OF_TWO_ABROAD = 9
const PREFIX_ABROAD = /^(?:0011|011|00)/
/** A complete North American number, in its groups, with more digits after it: an extension. */
const EXTENSION = /^(?:\+?1[ .-]*)?\(?[2-9]\d{2}\)?[ .-]+\d{3}[ .-]+\d{4}[ .-]+\d{1,5}$/

/** The longest group of digits before a single dot, as in `03342.123456`. */
const BEFORE_ONLY_DOT = 5
/** The shortest group of digits after it, as in `+1.212`. */
const AFTER_ONLY_DOT = 3
/** The most digits of a number with its country code (E.164). */
const MAX_DIGITS = 15

/**
 * Reads a phone number: digits, with `+ ( ) . -` and spaces between them. Linear; never throws.
 * @returns why it can't be read: the end of a sentence that begins with the field's name
 */
export function readPhone(text: string): PhoneDigits | Refusal {
  if (text.length > MAX_TEXT)
    return { code: 'field_too_long', detail: `is longer than ${MAX_TEXT} characters` }
  const digits = text.replace(PUNCTUATION, '')
  if (!DIGITS.test(digits)) {
    const detail = `takes digits, and + ( ) . - and spaces between them${remedyOf(text)}`
    return { code: 'characters_lost', detail }
  }
  if (digits.length === text.length) return { digits, trunkZeroDropped: false }
  if (text.startsWith('-')) return { code: 'field_invalid', detail: 'begins with a minus sign' }
  const spaced = text.replace(SPACES, ' ').replaceAll('( ', '(').replaceAll(' )', ')')
  const isDropped = TRUNK_ZERO.test(spaced)
  const dialed = isDropped ? spaced.replace(TRUNK_ZERO, '$<country>').replace(PUNCTUATION, '') : digits
  const fault = faultOfDots(spaced) ?? faultOfGroups(spaced) ?? faultOfTrunkZero(spaced, dialed)
  if (fault !== undefined) return { code: 'field_invalid', detail: fault }
  return { digits: dialed, trunkZeroDropped: isDropped }
}

/**
 * A zero that is dialed only inside the country, or one in brackets of which nobody can tell whether it is dialed.
 * @param dialed the digits, without a trunk zero that was left out
 */
function faultOfTrunkZero(text: string, dialed: string): string | undefined {
  const isDropped = TRUNK_ZERO.test(text)
  if (INTERNATIONAL.test(text)) {
    const digits = dialed.replace(/^00/, '')
    const country = COUNTRY_CODE.exec(digits)?.[0] ?? ''
    if (KEEPS_ZERO.has(country)) {
      if (isDropped) return 'has (0) after the country code: write 0 if callers from abroad dial it'
    } else if (country !== '' && digits.startsWith('0', country.length))
      return 'has a zero after the country code, which is dialed only inside the country: leave it out'
  }
  const rest = text.replace(TRUNK_ZERO, '')
  const beforeZero = rest.slice(0, Math.max(0, rest.lastIndexOf('(0)')))
  return /\d/.test(beforeZero) ? 'has a zero in brackets after other digits: leave it out' : undefined
}

/**
 * Tells dots between groups of digits from those of numbers: a table program that takes a phone for a number writes
 * `2125550100.0` or, with thousands separators, `2.125.550.100`.
 */
function faultOfDots(text: string): string | undefined {
  const groups = text.split('.').map((part) => part.replaceAll('-', ' ').replace(/[+()]/g, '').trim())
  if (groups.length === 1) return undefined
  const last = groups.at(-1) ?? ''
  const before = (groups.at(-2) ?? '').split(' ').at(-1) ?? ''
  if (/^0+$/.test(last) && !isGroupOfZeros(last, before, groups.length)) {
    return `ends in .${last}, as a table program writes a number: give the digits alone`
  }
  if (/^\d$/.test(groups[0] ?? '') && groups.slice(1).every((group) => /^\d{3}$/.test(group))) {
    return 'has dots as thousands separators: give the digits alone'
  }
  const after = last.split(' ', 1)[0] ?? ''
  const isMisplaced =
    groups.length === 2
      ? after !== '' &&
        (before.length > BEFORE_ONLY_DOT || after.length < AFTER_ONLY_DOT || digitsIn(groups) > MAX_DIGITS)
      : last.length === 1
  return isMisplaced ? 'has a dot where no phone number has one: give the digits alone' : undefined
}

function digitsIn(groups: readonly string[]): number {
  return groups.join('').replaceAll(' ', '').length
}

/** Whether zeros after the last of several dots are a group like the one before: `044.668.18.00`, `212.555.0000`. */
function isGroupOfZeros(zeros: string, before: string, groups: number): boolean {
  return (
    groups > 2 && zeros.length > 1 && (before.length === zeros.length || before.length === zeros.length - 1)
  )
}

/** Digits that don't belong to the number: a second number, or an extension. */
function faultOfGroups(text: string): string | undefined {
  if (EXTENSION.test(text)) return 'has more digits after a complete number: leave the extension out'
  if (/\d/.test(text.slice(0, Math.max(0, text.lastIndexOf('+')))))
    return 'has a + after other digits: give one number'
  if (hasTwoNumbers(text)) return 'has two numbers: give one'
  const { length } = text.replace(PUNCTUATION, '').replace(PREFIX_ABROAD, '')
  return length > MAX_DIGITS
    ? `has ${length} digits, more than a phone number: give one, without an extension`
    : undefined
}

/** Whether a text has as many digits before a separator as after it, in one part or in the same groups. */
function hasTwoNumbers(text: string): boolean {
  const digits = text.replace(PUNCTUATION, '')
  const half = digits.length / 2
  const least = digits.startsWith('00') ? MIN_OF_TWO_ABROAD : MIN_OF_TWO
  if (half < least || !Number.isInteger(half)) return false
  const { index: end = 0 } = [...text.matchAll(/\d/g)][half] ?? {}
  const [first, second] = [text.slice(0, end), text.slice(end)]
  if (/\d$/.test(first)) return false
  const groupsOf = (number: string) => {
    const zeros = number.replace(/\d/g, '0')
    return zeros.slice(zeros.indexOf('0'), zeros.lastIndexOf('0') + 1)
  }
  const isOnePartEach = /^\S+ \(?$/.test(first) && !second.includes(' ')
  const groups = groupsOf(first)
  return isOnePartEach || (groups === groupsOf(second) && GROUP.test(groups))
}

/** What to do about characters that no phone number has. */
function remedyOf(text: string): string {
  if (AS_TABLE_NUMBER.test(text)) return ': this is a number as a table program writes it'
  if (WITH_EXTENSION.test(text)) return ': leave the extension out'
  const numbers = text.split(/[,;/&|]/).filter((part) => /\d{4}/.test(part))
  return numbers.length > 1 ? ': give one number' : ''
}
