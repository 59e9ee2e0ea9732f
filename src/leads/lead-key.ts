import { FIELD_BY_NAME } from './fields.ts'
import { readInteger } from './cleaning/numbers-and-dates.ts'
import { listGiven, type Refusal, type Warning } from './refusal.ts'
import type { ServerRules } from './server-rules.ts'
import { unseenIn } from './cleaning/typography.ts'

/** How an update names its lead. */
export type LeadKey =
  | { readonly by: 'lead_id'; readonly value: number }
  | { readonly by: 'vendor_lead_code' | 'phone_number'; readonly value: string }

export const KEY_NAMES = ['lead_id', 'vendor_lead_code', 'phone_number'] as const
export type KeyName = (typeof KEY_NAMES)[number]

/** VICIdial's lead ids are unsigned and have up to 9 digits. */
export const MAX_LEAD_ID = 999_999_999

/** Whether VICIdial can have a lead with this id. */
export function isLeadId(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 1 && Number(value) <= MAX_LEAD_ID
}

/** `lead_search` silently skips shorter phone numbers (measured). */
const MIN_PHONE_KEY = 6

/**
 * Reads one key of an update. A look-up key is never altered, except for a phone number's punctuation. VICIdial separates
 * keys by commas and turns a `+` into a space, so neither can be looked up.
 * @param warnings where to add what the key loses
 */
export function readLeadKey(
  by: KeyName,
  value: unknown,
  rules: Pick<ServerRules, 'clean' | 'refusesApostrophes' | 'hasLookUps'>,
  warnings: Warning[] = []
): LeadKey | Refusal {
  if (by === 'lead_id') {
    const id = readInteger(value) ?? 0
    if (isLeadId(id)) return { by, value: id }
    return {
      code: 'field_invalid',
      field: by,
      detail: `lead_id must be an integer from 1 to ${MAX_LEAD_ID}.${unseenIn(value)}${listGiven(value)}`
    }
  }
  if (!rules.hasLookUps) {
    return {
      code: 'field_unknown',
      field: by,
      detail: `This VICIdial's build cannot look up a ${by}: name the lead by lead_id.`
    }
  }
  const field = FIELD_BY_NAME.get(by)
  if (field === undefined || value === null) {
    return { code: 'field_invalid', field: by, detail: `${by} must be a string.` }
  }
  const cleaned = rules.clean(field, value)
  if ('code' in cleaned) return cleaned
  if (by === 'phone_number' && cleaned.send.length < MIN_PHONE_KEY) {
    return {
      code: 'field_invalid',
      field: by,
      detail: `VICIdial looks up phone numbers of ${MIN_PHONE_KEY} digits or more.`
    }
  }
  if (cleaned.send.includes(',')) {
    return {
      code: 'characters_lost',
      field: by,
      detail: `VICIdial cannot look up a ${by} with a comma in it.`
    }
  }
  if (rules.refusesApostrophes && cleaned.send.includes("'")) {
    return {
      code: 'unsafe_characters',
      field: by,
      detail: `${by} holds an apostrophe, which this VICIdial build (or an unknown one) puts unescaped into SQL.`
    }
  }
  warnings.push(...cleaned.warnings)
  return { by, value: cleaned.send }
}

/** What `keyName` begins with if the lead is named by id. */
export const BY_ID = 'lead_id:'

/** A key as text, such as `vendor_lead_code:CRM-7`. */
export function keyName(key: LeadKey): string {
  return `${key.by}:${key.value}`
}

const KEY_NAME = /^(?:lead_id:[1-9]\d{0,8}$|(?:vendor_lead_code|phone_number):[^])/

/** Whether a text has the form that `keyName` gives. */
export function isKeyName(name: string): boolean {
  return KEY_NAME.test(name)
}

/** The inverse of `keyName`. */
export function keyOfName(name: string): LeadKey {
  const end = name.indexOf(':')
  const by = KEY_NAMES.find((one) => one === name.slice(0, end))
  if (by === undefined) throw new RangeError('unknown key name')
  const value = name.slice(end + 1)
  return by === 'lead_id' ? { by, value: Number(value) } : { by, value }
}

const MARKS = /\p{M}/gu
const TRAILING_SPACES = /(?<! ) +$/
/** Codes that equal their collated form, as most do. */
const PLAIN = /^[0-9A-Z_.:/-]*$/
/** What PHP takes for a number. */
export const NUMERIC = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?$/i
/** A number with an exponent. VICIdial treats the spellings with `e` and `E` as equal. */
const WITH_EXPONENT = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)e[+-]?\d+$/i

/**
 * A text without case, accents and trailing spaces, as MariaDB compares it with VICIdial's columns (utf8_unicode_ci,
 * utf8_general_ci, latin1_swedish_ci). It also makes some texts equal that MariaDB distinguishes. The reverse, such as
 * digits of other scripts, does no harm: `lead_search` finds only one of those codes.
 */
export function collated(text: string): string {
  if (PLAIN.test(text)) return text
  // Capitals can have accents that the lower-case letter lacks, and the parts of a ligature can be small.
  const letters = text.toUpperCase().normalize('NFKD').replace(MARKS, '')
  return letters.toUpperCase().replace(TRAILING_SPACES, '')
}

/**
 * The name by which updates of one lead are kept in order. It is like `keyName`, but equal for all keys that VICIdial may
 * take for the same lead.
 */
export function orderName(key: LeadKey): string {
  return key.by === 'vendor_lead_code' ? `${key.by}:${collated(key.value)}` : keyName(key)
}

/**
 * Whether the codes of the leads that `lead_search` finds must be read, as they may be spelt differently. MariaDB ignores
 * case and spaces at the end. Of the codes that it finds, VICIdial counts those that equal the key by PHP's `==`: the same
 * text, or the same number. For PHP 8 `123` and `123` with a space at its end are the same number; the codes of such keys are
 * read only if `isExact`, as most keys are numbers and reading costs a call each.
 */
export function mayBeSpeltOtherwise({ by, value }: LeadKey, isExact: boolean): boolean {
  return by === 'vendor_lead_code' && (isExact ? NUMERIC : WITH_EXPONENT).test(value)
}
