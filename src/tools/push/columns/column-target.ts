import { UPDATE_OPTIONS } from '../../../leads/update-options.ts'
import { KEY_NAMES, type KeyName } from '../../../leads/lead-key.ts'

/** What an update can set, according to the gateway. */
export interface KnownFields {
  /** Fields of a lead, by name. */
  readonly fields: ReadonlyMap<string, { readonly type: string }>
  /** Labels of the custom fields that the operator has listed. */
  readonly customFields: readonly string[]
}

type OptionName = (typeof UPDATE_OPTIONS)[number]

/** Where a column's value goes in an update. */
export type ColumnTarget =
  | { readonly kind: 'key'; readonly name: KeyName }
  | { readonly kind: 'field'; readonly name: string; readonly type: string }
  | { readonly kind: 'custom'; readonly name: string }
  | { readonly kind: 'option'; readonly name: OptionName }
  /** What only a lead that is added gets. */
  | { readonly kind: 'add'; readonly name: string; readonly of: ColumnTarget }
  /** A column without a name, which must be empty. */
  | { readonly kind: 'unnamed'; readonly name: string }

/** Before a field's name: the field is set, even if it could name the lead. */
const FIELD_PREFIX = 'fields.'

/** Before a field's name: only a lead that is added gets it. */
const ADD_PREFIX = 'add.'
const ADDABLE: ReadonlySet<string> = new Set(['key', 'field', 'custom'])

/** What a name means, or undefined if it is unknown. */
export function readTarget(name: string, known: KnownFields, customPrefix: string): ColumnTarget | undefined {
  if (name.startsWith(ADD_PREFIX)) {
    const of = readTarget(name.slice(ADD_PREFIX.length), known, customPrefix)
    return of === undefined || !ADDABLE.has(of.kind) || of.name === 'lead_id'
      ? undefined
      : { kind: 'add', name, of }
  }
  const { fields } = known
  const key = KEY_NAMES.find((one) => one === name)
  if (key !== undefined) return { kind: 'key', name: key }
  const option = UPDATE_OPTIONS.find((one) => one === name)
  if (option !== undefined) return { kind: 'option', name: option }
  if (customPrefix !== '' && name.startsWith(customPrefix))
    return { kind: 'custom', name: name.slice(customPrefix.length) }
  const field = name.startsWith(FIELD_PREFIX) ? name.slice(FIELD_PREFIX.length) : name
  const type = fields.get(field)?.type
  return type === undefined ? undefined : { kind: 'field', name: field, type }
}
