import type { KeyName } from '../../leads/lead-key.ts'
import type { ValueRules } from './field-value.ts'

/** What a lead that is added gets beyond the fields of the update. */
export interface AddDefinition {
  /** `list_id` and `phone_code`, as far as they are fixed. */
  readonly given: Readonly<Record<string, unknown>>
  /** An expression. */
  readonly phoneNumber: string | undefined
  /** Expressions by the name of the field. */
  readonly fields: Readonly<Record<string, string>>
  readonly customFields: Readonly<Record<string, string>>
  readonly fixed: Readonly<Record<string, unknown>>
}

/** What is done with the lead of each event, as an update has it; the callback's parts are expressions. */
export interface ActionsDefinition {
  readonly hopper?: unknown
  readonly dnc?: unknown
  readonly callback?: 'remove' | CallbackDefinition
}

export interface CallbackDefinition {
  /** `campaign_id` and `status`. */
  readonly given: Readonly<Record<string, unknown>>
  /** Expressions: `at`, `user`, `comments`. */
  readonly expressions: Readonly<Record<string, string>>
}

/** How an endpoint's payloads become updates. Plain data, because it is sent to another thread. */
export interface MappingDefinition extends ValueRules {
  /** Selects the events in the payload; without it, the payload itself or each element of an array is one. */
  readonly each: string | undefined
  /** Whether an event matters; without it, all do. */
  readonly when: string | undefined
  readonly lead: { readonly by: KeyName; readonly expression: string }
  /** Expressions by the name of the field. */
  readonly fields: Readonly<Record<string, string>>
  readonly customFields: Readonly<Record<string, string>>
  readonly fixed: Readonly<Record<string, unknown>>
  readonly resetCalled: boolean | undefined
  /** Present if a lead that VICIdial lacks is added. */
  readonly add?: AddDefinition
  readonly actions?: ActionsDefinition
  /** Whether a field whose expression fails is left out, instead of its whole event. */
  readonly dropsFields?: boolean
}

/** What is evaluated on the payloads of an endpoint. */
export interface EndpointExpressions {
  readonly definition: MappingDefinition
  /** The expression for an event's id. */
  readonly eventId: string | undefined
}

/** Every expression of a mapping, with the name that faults use. */
export function expressionsOf(definition: MappingDefinition): [name: string, text: string][] {
  const { each, when, lead, add, actions } = definition
  const callback = actions?.callback === 'remove' ? undefined : actions?.callback
  const phone = add?.phoneNumber
  return [
    ...(each === undefined ? [] : [['each', each] satisfies [string, string]]),
    ...(when === undefined ? [] : [['when', when] satisfies [string, string]]),
    [`lead.${lead.by}`, lead.expression],
    ...expressionsOfValues(definition, ''),
    ...(phone === undefined ? [] : [[ADD_PHONE_NUMBER, phone] satisfies [string, string]]),
    ...(add === undefined ? [] : expressionsOfValues(add, ADD)),
    ...Object.entries(callback?.expressions ?? {}).map(([name, text]): [string, string] => [
      CALLBACK + name,
      text
    ])
  ]
}

/** Begins the names of expressions about leads that are added. */
export const ADD = 'add.'
export const ADD_PHONE_NUMBER = 'add.phone_number'
/** Begins the names of expressions of callbacks. */
export const CALLBACK = 'callback.'
/** Expressions that must give a value: the other fields may be meant for the lead in that list, or with that number. */
export const KEPT: ReadonlySet<string> = new Set(['fields.list_id', ADD_PHONE_NUMBER, `${CALLBACK}at`])

function expressionsOfValues(
  { fields, customFields }: Pick<MappingDefinition, 'fields' | 'customFields'>,
  prefix: string
): [string, string][] {
  return [
    ...Object.entries(fields).map(([name, text]): [string, string] => [`${prefix}fields.${name}`, text]),
    ...Object.entries(customFields).map(([label, text]): [string, string] => [
      `${prefix}custom_fields.${label}`,
      text
    ])
  ]
}
