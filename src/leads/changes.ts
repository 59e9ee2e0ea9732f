import type { Cleaned } from './cleaning/column.ts'
import { cleanCustomField, type CustomField } from './cleaning/custom-field.ts'
import { FIELD_BY_NAME, FIELDS, type Field, SIMILAR_FIELDS } from './fields.ts'
import { isObject } from './is-object.ts'
import { ACTION_NAMES, type LeadActions, type ReadActions, withoutActions } from './actions/lead-actions.ts'
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
import type { ServerRules } from './server-rules.ts'
import { unseenIn } from './cleaning/typography.ts'

/** What can be called for an update, or for what is asked in its place. */
export const FUNCTIONS = [
  'batch_update_lead',
  'update_lead',
  'lead_all_info',
  'add_dnc_phone',
  'delete_dnc_phone'
] as const

/** The changes of one update, in VICIdial's terms. Leads with equal `key` can share a call. */
export interface Changes {
  /**
   * `update_lead` if a phone number or a custom field changes, which no batch call can do. The others change nothing of a
   * lead: `lead_all_info` reads it, see `LeadRead`; those of do-not-call numbers, see `DncChange`.
   */
  readonly function: (typeof FUNCTIONS)[number]
  /** VICIdial's parameters and their cleaned values, in the catalogue's order, options last. */
  readonly params: Readonly<Record<string, string>>
  readonly key: string
  /** The values as VICIdial will store them, by column; custom fields as `custom_fields.<label>`. */
  readonly stored: Readonly<Record<string, string>>
  readonly warnings: readonly Warning[]
  /** Whether the lead is read after the update, and compared with `stored`. Leads share a call all the same. */
  readonly isVerified?: true
  /** What must be true of the lead, or nothing is changed. Only of a request that waits. */
  readonly condition?: Condition
  /** What is done with the lead after that. Leads share a call all the same. */
  readonly actions?: LeadActions
}

/** A lead is to be as it was when somebody read it: one of the entity tags is its own. */
export interface Condition {
  readonly tags: readonly string[]
  /** What the tags are about: columns, and labels of custom fields. */
  readonly fields: readonly string[]
  readonly customFields: readonly string[]
}

/** An update's fields as the caller wrote them, unchecked, and its options. */
export interface ChangesInput {
  readonly fields: unknown
  readonly customFields: unknown
  readonly resetCalled: boolean
  readonly allowUndefinedList: boolean
  readonly onLossy: 'accept' | 'reject'
  readonly onInvalid: 'reject_update' | 'drop_field'
}

/** How the operator has set up VICIdial's leads. */
export interface LeadRules extends ServerRules {
  /** The custom fields that the operator has listed, by label; no other is ever sent. */
  readonly customFields: ReadonlyMap<string, CustomField>
}

export interface ChangesRules extends LeadRules {
  /** What the caller may change. */
  readonly rights: Rights
}

/** After this many refusals the rest of an update is not read. */
export const MAX_REFUSALS = 100
/** Refusals of an update that name the similar field: finding it takes longer than the rest of a refusal. */
export const MAX_HINTS = 10

const FIELD_ORDER: ReadonlyMap<Field, number> = new Map(FIELDS.map((field, position) => [field, position]))
/** VICIdial empties every custom field whose `&label=` it finds in the decoded request, even inside a value. */
export const LOOKS_LIKE_PARAMETER = /[&?][^&?=\s]+=/
/** The properties of an update besides its key and its values. */
export const UPDATE_OPTIONS = [
  'reset_called',
  'allow_undefined_list',
  'on_multiple',
  'on_missing',
  'key_match',
  'on_lossy',
  'on_invalid',
  'verify'
] as const
/** Properties of an update that are no fields. */
const BESIDE_FIELDS: ReadonlySet<string> = new Set([
  'lead_id',
  'fields',
  'custom_fields',
  'add',
  ...ACTION_NAMES,
  ...UPDATE_OPTIONS
])
/** Begins the names of custom fields, in `Changes.stored` and in refusals. */
export const CUSTOM = 'custom_fields.'

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
  return compose(sound.standard, sound.custom, input, faults.dropped) ?? [none]
}

interface StandardValue {
  readonly field: Field
  readonly cleaned: Cleaned
}

interface CustomValue extends Readonly<Cleaned> {
  readonly label: string
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
  if (onLossy === 'reject' && cleaned.warnings.length > 0) return lossRefused(name, cleaned.warnings)
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
export function lossRefused(field: string, [warning]: readonly Warning[]): Refusal {
  const detail = `VICIdial would hold "${warning?.stored ?? ''}", and on_lossy is "reject".${unseenIn(warning?.sent)}`
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
  const isRefused = onLossy === 'reject' && cleaned.warnings.length > 0
  return isRefused ? lossRefused(name, cleaned.warnings) : { label, ...cleaned }
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

/** Options of an update that show in its parameters. */
type SentOptions = Pick<ChangesInput, 'resetCalled' | 'allowUndefinedList'>

/** Composes changes from their values, with warnings about other values; undefined if there is nothing to change. */
function compose(
  standard: StandardValue[],
  custom: CustomValue[],
  { resetCalled, allowUndefinedList }: SentOptions,
  ofOthers: readonly Warning[]
): Changes | undefined {
  if (standard.length === 0 && custom.length === 0 && !resetCalled) return undefined
  const params: Record<string, string> = {}
  const stored: Record<string, string> = {}
  const warnings: Warning[] = [...ofOthers]
  let singleLead = custom.length > 0

  standard.sort((a, b) => (FIELD_ORDER.get(a.field) ?? 0) - (FIELD_ORDER.get(b.field) ?? 0))
  for (const { field, cleaned } of standard) {
    params[field.parameter] = cleaned.send
    stored[field.name] = cleaned.stored
    warnings.push(...cleaned.warnings)
    singleLead ||= field.singleLead
  }
  if (stored['phone_number'] !== undefined) params['update_phone_number'] = 'Y'
  if (stored['list_id'] !== undefined && !allowUndefinedList) params['list_exists_check'] = 'Y'
  if (resetCalled) params['reset_lead'] = 'Y'
  if (custom.length > 0) {
    params['custom_fields'] = 'Y'
    custom.sort((a, b) => (a.label < b.label ? -1 : 1))
    for (const { label, send, stored: kept, warnings: ofField } of custom) {
      params[label] = send
      stored[CUSTOM + label] = kept
      warnings.push(...ofField)
    }
  }
  return changesOf(singleLead ? 'update_lead' : 'batch_update_lead', params, stored, warnings)
}

/** Changes from their parts, such as `partsOf` gives. */
export function changesOf(
  called: Changes['function'],
  params: Changes['params'],
  stored: Changes['stored'],
  warnings: Changes['warnings'],
  isVerified = false,
  actions: LeadActions | null = null
): Changes {
  let key: string = called
  for (const parameter in params) key += `\0${parameter}=${params[parameter]}`
  return {
    function: called,
    params,
    key,
    stored,
    warnings,
    ...(isVerified ? { isVerified } : {}),
    ...(actions && { actions })
  }
}

/** Changes of no field. */
export const NO_CHANGES = changesOf('update_lead', {}, {}, [])

/** Whether nothing is to be done with a lead except its actions. */
export function hasOnlyActions({ params, actions }: Changes): boolean {
  return actions !== undefined && Object.keys(params).length === 0
}

/** Changes with actions after them. */
export function withActions(changes: Changes, { actions, warnings }: ReadActions): Changes {
  return { ...changes, actions, warnings: [...changes.warnings, ...warnings] }
}

/** The names of what changes set: fields as in `stored`, and actions. */
export function namesSet({ stored, actions }: Changes): string[] {
  return actions === undefined ? Object.keys(stored) : [...Object.keys(stored), ...Object.keys(actions)]
}

/** Changes that are made only under a condition, and so share no call. */
export function onlyIf(changes: Changes, condition: Condition): Changes {
  return { ...changes, condition, key: `${changes.key}\0${condition.tags.join()}` }
}

/** The parts that make changes, to be stored or sent: their key follows from them. Without their condition. */
export function partsOf(changes: Changes): Parameters<typeof changesOf> {
  const { function: called, params, stored, warnings, isVerified, actions } = changes
  if (actions !== undefined) return [called, params, stored, warnings, isVerified === true, actions]
  return isVerified ? [called, params, stored, warnings, true] : [called, params, stored, warnings]
}

/** The options that changes were composed with. Without a list, `allowUndefinedList` has no meaning. */
export function optionsOf({ params }: Changes): SentOptions {
  return {
    resetCalled: params['reset_lead'] !== undefined,
    allowUndefinedList: params['list_exists_check'] === undefined
  }
}

/**
 * Changes without some fields and actions, by their names in `namesSet`; undefined if nothing is left. Reads the values back
 * from the parameters, so that a batch need not keep them twice.
 */
export function withoutFields(changes: Changes, names: readonly string[]): Changes | undefined {
  const { params, stored, warnings, isVerified } = changes
  if (!namesSet(changes).some((name) => names.includes(name))) return changes
  const actions = withoutActions(changes.actions, names)
  const standard: StandardValue[] = []
  const custom: CustomValue[] = []
  for (const [name, kept] of Object.entries(stored)) {
    if (names.includes(name)) continue
    const field = FIELD_BY_NAME.get(name)
    const label = name.slice(CUSTOM.length)
    const send = params[field?.parameter ?? label] ?? kept
    const cleaned = { send, stored: kept, warnings: warnings.filter((warning) => warning.field === name) }
    if (field === undefined) custom.push({ label, ...cleaned })
    else standard.push({ field, cleaned })
  }
  const ofOthers = warnings.filter(({ field }) => stored[field] === undefined)
  const composed = compose(standard, custom, optionsOf(changes), ofOthers)
  const left = composed && isVerified ? { ...composed, isVerified } : composed
  return actions === undefined ? left : { ...(left ?? NO_CHANGES), actions }
}
