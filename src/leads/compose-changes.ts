import { withoutActions } from './actions/lead-actions.ts'
import { type Changes, changesOf, CUSTOM, namesSet, NO_CHANGES } from './changes.ts'
import type { Cleaned } from './cleaning/column.ts'
import { FIELD_BY_NAME, FIELDS, type Field } from './fields.ts'
import { isAbout, type Warning } from './refusal.ts'
import type { UpdateOptions } from './update-options.ts'

const FIELD_ORDER: ReadonlyMap<Field, number> = new Map(FIELDS.map((field, position) => [field, position]))

/** A column's value in an update. */
export interface StandardValue {
  readonly field: Field
  readonly cleaned: Cleaned
}

/** A custom field's value in an update. */
export interface CustomValue extends Readonly<Cleaned> {
  readonly label: string
}

/** Options of an update that show in its parameters. */
type SentOptions = Pick<UpdateOptions, 'resetCalled' | 'allowUndefinedList'>

/** Composes changes from their values, with warnings about other values; undefined if there is nothing to change. */
export function composeChanges(
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
  const ofOthers = warnings.filter((one) => stored[one.field] === undefined && !isAbout(one, names))
  const composed = composeChanges(standard, custom, optionsOf(changes), ofOthers)
  const left = composed && isVerified ? { ...composed, isVerified } : composed
  return actions === undefined ? left : { ...(left ?? { ...NO_CHANGES, warnings: ofOthers }), actions }
}
