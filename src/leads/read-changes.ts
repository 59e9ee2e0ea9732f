import { ACTION_NAMES } from './actions/lead-actions.ts'
import { type Changes, CUSTOM } from './changes.ts'
import { cleanCustomField } from './cleaning/custom-field.ts'
import { unseenIn } from './cleaning/typography.ts'
import { composeChanges, type CustomValue, type StandardValue } from './compose-changes.ts'
import { FIELD_BY_NAME, FIELDS, type Field, SIMILAR_FIELDS } from './fields.ts'
import { isObject } from './is-object.ts'
import {
  echo,
  Faults,
  jsonInText,
  type PointedRefusal,
  pointer,
  type Refusal,
  type Warning
} from './refusal.ts'
import { allows, type Rights } from './rights.ts'
import type { LeadRules } from './server-rules.ts'
import { UPDATE_OPTIONS, type UpdateOptions } from './update-options.ts'

/** An update's fields as the caller wrote them, unchecked, and its options. */
export interface ChangesInput extends Pick<
  UpdateOptions,
  'resetCalled' | 'allowUndefinedList' | 'onLossy' | 'onInvalid'
> {
  readonly fields: unknown
  readonly customFields: unknown
}

export interface ChangesRules extends LeadRules {
  /** What the caller may change. */
  readonly rights: Rights
}

/** After this many refusals the rest of an update is not read. */
export const MAX_REFUSALS = 100
/** Refusals of an update that name the similar field: finding it takes longer than the rest of a refusal. */
export const MAX_HINTS = 10

/** VICIdial empties every custom field whose `&label=` it finds in the decoded request, even inside a value. */
export const LOOKS_LIKE_PARAMETER = /[&?][^&?=\s]+=/

/** Properties of an update that are no fields. */
const BESIDE_FIELDS: ReadonlySet<string> = new Set([
  'lead_id',
  'fields',
  'custom_fields',
  'add',
  ...ACTION_NAMES,
  ...UPDATE_OPTIONS
])

/**
 * Checks and cleans the fields of an update. Returns the changes, or every refusal with a JSON Pointer into the update.
 * With `onInvalid: 'drop_field'` the changes are those of the sound fields, unless a refusal concerns more than its field.
 * Linear in the number of fields; never throws.
 */
export function readChanges(input: ChangesInput, rules: ChangesRules): Changes | PointedRefusal[] {
  const faults = new Faults(input.onInvalid)
  const standard: StandardValue[] = []
  const custom: CustomValue[] = []
  const fields = objectIn('fields', input.fields, faults)
  for (const name in fields) {
    if (faults.refusals.length >= MAX_REFUSALS) break
    const field = FIELD_BY_NAME.get(name)
    const value =
      field === undefined
        ? unknownField(name, faults.refusals.length < MAX_HINTS)
        : standardField(field, fields[name], rules, input.onLossy)
    if ('code' in value) faults.addField(value, fields[name], 'fields', name)
    else standard.push(value)
  }
  const customFields = objectIn('custom_fields', input.customFields, faults)
  for (const label in customFields) {
    if (faults.refusals.length >= MAX_REFUSALS) break
    const value = customField(label, customFields[label], rules, input.onLossy)
    if ('code' in value) faults.addField(value, customFields[label], 'custom_fields', label)
    else custom.push(value)
  }

  const sound = custom.length > 0 ? withoutParameterLike(standard, custom, faults) : { standard, custom }
  if (input.resetCalled && !allows(rules.rights.fields, RESET_CALLED)) {
    faults.add({ ...fieldNotAllowed(RESET_CALLED), pointer: pointer(RESET_CALLED) })
  }
  const isLast = sound.standard.length === 0 && sound.custom.length === 0
  if (faults.refusals.length > 0 && (isLast || !faults.canBeDropped)) return faults.refusals
  const detail = 'The update changes nothing: give fields, custom_fields or reset_called.'
  const none: PointedRefusal = { code: 'no_changes', detail, pointer: '' }
  return composeChanges(sound.standard, sound.custom, input, faults.dropped) ?? [none]
}

function objectIn(name: string, value: unknown, faults: Faults): Record<string, unknown> {
  if (value === undefined || isObject(value)) return value ?? {}
  const detail = `${name} must be an object of names and values.${jsonInText(value)}`
  faults.add({ code: 'field_invalid', field: name, detail, pointer: pointer(name) })
  return {}
}

const RESET_CALLED = 'reset_called'

function fieldNotAllowed(field: string): Refusal {
  const detail = `This caller may not set ${field} (permissions.fields).`
  return { code: 'field_not_allowed', field, detail }
}

/** A column's cleaned value, if the caller may set it and accepts its losses. */
function standardField(
  field: Field,
  value: unknown,
  { clean, rights }: ChangesRules,
  onLossy: ChangesInput['onLossy']
): StandardValue | Refusal {
  const { name } = field
  if (!allows(rights.fields, name)) return fieldNotAllowed(name)
  const cleaned = clean(field, value)
  if ('code' in cleaned) return cleaned
  const [loss] = cleaned.warnings
  if (onLossy === 'reject' && loss !== undefined) return lossRefused(name, loss)
  if (name === 'status' && !allows(rights.statuses, cleaned.stored)) {
    const detail = `This caller may not set the status ${cleaned.stored} (permissions.statuses).`
    return { code: 'field_not_allowed', field: name, detail }
  }
  if (name === 'list_id' && !allows(rights.lists, cleaned.stored)) {
    const detail = `This caller may not move leads to list ${cleaned.stored} (permissions.lists).`
    return { code: 'list_not_allowed', field: name, detail }
  }
  return { field, cleaned }
}

/** The refusal of a value that loses something, for a caller who accepts no loss. */
export function lossRefused(field: string, { sent, stored = '' }: Warning): Refusal {
  const detail = `VICIdial would hold "${stored}", and on_lossy is "reject".${unseenIn(sent)}`
  return { code: 'characters_lost', field, detail }
}

function unknownField(name: string, hasHint: boolean): Refusal {
  const byParameter = FIELDS.find((field) => field.parameter === name)
  const similar = hasHint ? SIMILAR_FIELDS.find(name) : undefined
  const hint =
    byParameter !== undefined
      ? `use ${byParameter.name}.`
      : similar !== undefined
        ? `did you mean ${similar}?`
        : BESIDE_FIELDS.has(name)
          ? 'it is a property of an update (POST /v1/leads/batch-update), beside its fields.'
          : 'GET /v1/fields lists those that can be updated.'
  return { code: 'field_unknown', field: echo(name), detail: `A lead has no such field; ${hint}` }
}

function customField(
  label: string,
  value: unknown,
  rules: ChangesRules,
  onLossy: ChangesInput['onLossy']
): CustomValue | Refusal {
  const name = CUSTOM + echo(label)
  const field = rules.customFields.get(label)
  if (field === undefined) {
    const detail =
      'The operator has not listed this custom field for the gateway; GET /v1/fields lists those that can be set.'
    return { code: 'field_not_allowed', field: name, detail }
  }
  if (!allows(rules.rights.customFields, label)) {
    const detail = `This caller may not set ${name} (permissions.custom_fields).`
    return { code: 'field_not_allowed', field: name, detail }
  }
  const cleaned = cleanCustomField(name, field, value, rules.text)
  if ('code' in cleaned) return cleaned
  const [loss] = cleaned.warnings
  return onLossy === 'reject' && loss !== undefined ? lossRefused(name, loss) : { label, ...cleaned }
}

/** Refuses values that VICIdial would take for parameters. Returns the others. */
function withoutParameterLike(
  standard: readonly StandardValue[],
  custom: readonly CustomValue[],
  faults: Faults
): { standard: StandardValue[]; custom: CustomValue[] } {
  const detail = 'Beside custom fields, VICIdial would take "&name=" in a value for a field to empty.'
  const isSound = (field: string, send: string, ...path: [string, string]) => {
    if (!LOOKS_LIKE_PARAMETER.test(send)) return true
    faults.addField({ code: 'unsafe_characters', field, detail }, send, ...path)
    return false
  }
  return {
    standard: standard.filter(({ field: { name }, cleaned }) => isSound(name, cleaned.send, 'fields', name)),
    custom: custom.filter(({ label, send }) => isSound(CUSTOM + label, send, 'custom_fields', label))
  }
}
