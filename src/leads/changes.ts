import type { LeadActions, ReadActions } from './actions/lead-actions.ts'
import type { Warning } from './refusal.ts'

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

/** Begins the names of custom fields, in `Changes.stored` and in refusals. */
export const CUSTOM = 'custom_fields.'

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
