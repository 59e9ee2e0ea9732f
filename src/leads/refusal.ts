/** A loss that the caller accepted: the sent value and the value that VICIdial stores. */
export interface Warning {
  field: string
  code: 'characters_dropped' | 'transliterated' | 'custom_fields_not_stored' | 'field_dropped'
  sent: string
  /** Absent: the field was left out, and holds what it held before. */
  stored?: string
  /** Why the field was left out, and the same for people. */
  refusal?: RefusalCode
  detail?: string
  /** The leads that it concerns. Absent: every lead of the update. */
  leads?: readonly number[]
}

/** Codes of refusals before anything is sent. */
export type RefusalCode =
  | 'field_unknown'
  | 'field_invalid'
  | 'field_too_long'
  | 'field_not_clearable'
  | 'field_not_allowed'
  | 'list_not_allowed'
  | 'characters_lost'
  | 'unsafe_characters'
  | 'no_changes'

/** Why a value, a key or an option is refused. `field` is the caller's name for it. */
export interface Refusal {
  code: RefusalCode
  field?: string
  detail: string
}

/** A refusal with a JSON Pointer (RFC 6901) into the update, or into the request. */
export interface PointedRefusal extends Refusal {
  pointer: string
}

/** Writes a JSON Pointer (RFC 6901) from its reference tokens. */
export function pointer(...tokens: (string | number)[]): string {
  return tokens.map((token) => `/${echo(String(token)).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')
}

/** A name that the caller chose, shortened, as a response may repeat it for every lead. */
export function echo(name: string): string {
  return name.length > MAX_NAME ? `${name.slice(0, MAX_NAME)}…` : name
}

const MAX_NAME = 100
/** Most characters of a value quoted in a warning: a little more than the longest column. */
const MAX_VALUE = 300

/** A value as a warning quotes it: a text as it is, another value as JSON. */
export function quoted(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  return text.length > MAX_VALUE ? `${text.slice(0, MAX_VALUE)}…` : text
}
