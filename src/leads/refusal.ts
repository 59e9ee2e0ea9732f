/**
 * A loss that the caller accepted: the sent value and the value that VICIdial stores. Or what a reading after the update
 * has shown of a field.
 */
export interface Warning {
  field: string
  code: WarningCode
  /** Absent if the field was read after the update. */
  sent?: string
  /** Absent: the field was left out, and holds what it held before; or what VICIdial stores is not known. */
  stored?: string
  /** Why the field was left out. */
  refusal?: RefusalCode
  /** Why the field was left out or set otherwise, or could not be read; for people. */
  detail?: string
  /** What VICIdial should hold, and what it holds: `stored_differs`. */
  expected?: string
  found?: string
  /** The leads that it concerns. Absent: every lead of the update. */
  leads?: readonly number[]
}

/** Whether a warning is about something that is set under one of these names: `callback.comments` under `callback`. */
export function isAbout({ field }: Warning, names: readonly string[]): boolean {
  return names.some((name) => field === name || field.startsWith(`${name}.`))
}

/** Whether there is a warning of the same loss. */
export function hasSameLoss(warnings: readonly Warning[], { field, code, sent }: Warning): boolean {
  return warnings.some((other) => other.field === field && other.code === code && other.sent === sent)
}

/** Codes of warnings. */
export const WARNING_CODES = [
  'characters_dropped',
  'transliterated',
  'custom_fields_not_stored',
  'field_dropped',
  /** VICIdial sets the field itself when it adds a lead. */
  'added_otherwise',
  /** A value meant for a new lead was set on one that another program had just added. */
  'set_on_found',
  'stored_differs',
  'not_verified',
  /** VICIdial found the lead, but did not do this with it. */
  'not_done',
  /** VICIdial's time zone at the time of a callback is not known for sure. */
  'time_zone_assumed',
  /** With several leads: the action ended otherwise with these. */
  'other_result'
] as const
export type WarningCode = (typeof WARNING_CODES)[number]

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

/** A sentence about a list or a number that was given where one text is wanted; empty if `value` is neither. */
export function textMeant(value: unknown): string {
  return typeof value === 'number' ? ' Put the number in quotes.' : listGiven(value)
}

/** A sentence about a list that was given where one value is wanted; empty if `value` is not a list. */
export function listGiven(value: unknown): string {
  if (!Array.isArray(value)) return ''
  return ` One value is wanted, and this list gave ${value.length === 1 ? '1 value' : `${value.length} values`}.`
}

/** A sentence about JSON that was given as a text; empty if `value` is not such a text. */
export function jsonInText(value: unknown): string {
  const isJson = typeof value === 'string' && /^\s*[[{]/.test(value.slice(0, MAX_NAME))
  return isJson ? ' This is a text that holds JSON: it was encoded twice, so encode it only once.' : ''
}

/** A name that the caller chose, shortened, as a response may repeat it for every lead. */
export function echo(name: string): string {
  return name.length > MAX_NAME ? `${name.slice(0, MAX_NAME)}…` : name
}

const MAX_NAME = 100
/** Most characters of a value quoted in a warning: a little more than the longest column. */
const MAX_VALUE = 300

/** A value as a warning quotes it, without the inside of lists and objects. */
export function quoted(value: unknown): string {
  if (typeof value === 'object' && value !== null) return Array.isArray(value) ? '[…]' : '{…}'
  const text = String(value)
  return text.length > MAX_VALUE ? `${text.slice(0, MAX_VALUE)}…` : text
}

/** An update with more faulty values is rejected: each one that is left out has a warning in the response. */
export const MAX_DROPPED = 20
/** Refusals of a value, not of the field's name or of the caller's right to set it. */
const OF_VALUES: ReadonlySet<RefusalCode> = new Set<RefusalCode>([
  'field_invalid',
  'field_too_long',
  'field_not_clearable',
  'characters_lost',
  'unsafe_characters'
])

/** The refusals of an update, and the warnings if it is made without the refused values. */
export class Faults {
  readonly refusals: PointedRefusal[] = []
  readonly dropped: Warning[] = []
  readonly #drops: boolean

  /** @param onInvalid what a faulty value does to its update */
  constructor(onInvalid: 'reject_update' | 'drop_field') {
    this.#drops = onInvalid === 'drop_field'
  }

  /** Whether the update can be made without the refused values. */
  get canBeDropped(): boolean {
    return this.dropped.length === this.refusals.length && this.dropped.length <= MAX_DROPPED
  }

  /** Adds a refusal that concerns the whole update. */
  add(refusal: PointedRefusal): void {
    this.refusals.push(refusal)
  }

  /**
   * Adds the refusal of a field. Only a faulty value can be left out, and never that of `list_id`: the other values may be
   * meant for the lead in that list.
   */
  addField(refusal: Refusal, value: unknown, ...path: [string, string]): void {
    this.add({ ...refusal, pointer: pointer(...path) })
    const { code, detail, field = '' } = refusal
    if (!this.#drops || field === 'list_id' || !OF_VALUES.has(code)) return
    this.dropped.push({ field, code: 'field_dropped', sent: quoted(value), refusal: code, detail })
  }
}
