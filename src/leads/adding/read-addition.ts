import { CUSTOM, type Changes, NO_CHANGES } from '../changes.ts'
import { type ChangesInput, type ChangesRules, lossRefused, readChanges } from '../read-changes.ts'
import { FIELD_BY_NAME } from '../fields.ts'
import { isObject } from '../is-object.ts'
import type { LeadKey } from '../lead-key.ts'
import { echo, jsonInText, type PointedRefusal, pointer, type Refusal, type Warning } from '../refusal.ts'
import { allows } from '../rights.ts'
import { type Addition, ComposedAddition } from './addition.ts'

/** The members of `add`. */
export const ADD_MEMBERS = ['list_id', 'phone_code', 'phone_number', 'fields', 'custom_fields'] as const
/** The columns that VICIdial must have of a new lead. */
const REQUIRED = ['list_id', 'phone_code', 'phone_number'] as const
type Required = (typeof REQUIRED)[number]

/** VICIdial refuses a new lead with a shorter phone number. Source: CONTRACT-SYNC.md, Adding. */
const MIN_PHONE_DIGITS = 6
/** It refuses one with a shorter list id, too. */
const MIN_LIST_DIGITS = 3

/** Checks of VICIdial's `add_lead` that the call which adds leads here, `update_lead`, does not make. */
const NOT_CHECKED: ReadonlySet<string> = new Set(['dnc_check', 'campaign_dnc_check', 'duplicate_check'])

/**
 * Reads the `add` of an update. Adds every refusal, with a JSON Pointer into the update.
 * @param add as the caller wrote it
 * @param key undefined if it was refused
 * @param changes the update's own fields, which the new lead gets too; undefined if they were refused
 */
export function readAddition(
  add: unknown,
  key: LeadKey | undefined,
  changes: Changes | undefined,
  options: Pick<ChangesInput, 'onLossy' | 'onInvalid'>,
  rules: ChangesRules,
  refusals: PointedRefusal[]
): Addition | undefined {
  const before = refusals.length
  const given = membersOf(add, refusals)
  const own = readOwnFields(given, options, rules, refusals)
  const required: Record<string, string> = {}
  const losses: Warning[] = []
  for (const name of REQUIRED) {
    const value = readRequired(name, given[name], key, changes, { ...rules, ...options, losses })
    if (typeof value === 'string') required[name] = value
    else if (value !== undefined) refusals.push({ ...value, field: name, pointer: pointer('add', name) })
  }
  if (key !== undefined && changes !== undefined) {
    refuseOtherKey(key, changes, refusals)
    refuseTwice(changes, own, refusals)
  }
  if (key === undefined || changes === undefined || refusals.length > before) return undefined
  const parts = own === undefined ? [changes] : [changes, own]
  if (losses.length > 0) parts.push({ ...NO_CHANGES, warnings: losses })
  const addition = new ComposedAddition(key, required, parts)
  const unsafe = addition.parameterLike
  if (unsafe === undefined) return addition
  const detail = 'Beside custom fields, VICIdial would take "&name=" in a value for a field to empty.'
  refusals.push({ code: 'unsafe_characters', field: unsafe, detail, pointer: '' })
  return undefined
}

function membersOf(add: unknown, refusals: PointedRefusal[]): Record<string, unknown> {
  if (!isObject(add)) {
    const detail = `add must be an object with list_id, phone_code and, unless it is the key, phone_number.${jsonInText(add)}`
    refusals.push({ code: 'field_invalid', field: 'add', detail, pointer: pointer('add') })
    return {}
  }
  const known: readonly string[] = ADD_MEMBERS
  const [unknown] = Object.keys(add).filter((name) => !known.includes(name))
  if (unknown !== undefined) {
    const hint = NOT_CHECKED.has(unknown)
      ? 'VICIdial checks that in add_lead only, which is not safe to repeat.'
      : FIELD_BY_NAME.has(unknown)
        ? `put ${unknown} into add.fields.`
        : `it has ${ADD_MEMBERS.join(', ')}.`
    const detail = `add has no such property; ${hint}`
    refusals.push({ code: 'field_unknown', field: echo(unknown), detail, pointer: pointer('add', unknown) })
  }
  return add
}

/** What only a new lead gets. */
function readOwnFields(
  { fields, custom_fields: customFields }: Record<string, unknown>,
  options: Pick<ChangesInput, 'onLossy' | 'onInvalid'>,
  rules: ChangesRules,
  refusals: PointedRefusal[]
): Changes | undefined {
  if (fields === undefined && customFields === undefined) return undefined
  const misplaced = isObject(fields) ? REQUIRED.find((name) => fields[name] !== undefined) : undefined
  if (misplaced !== undefined) {
    const detail = `Put ${misplaced} into add itself.`
    refusals.push({
      code: 'field_invalid',
      field: misplaced,
      detail,
      pointer: pointer('add', 'fields', misplaced)
    })
    return undefined
  }
  const input = { ...options, fields, customFields, resetCalled: false, allowUndefinedList: true }
  const read = readChanges(input, rules)
  if (!Array.isArray(read)) return read
  const refused = read.filter(({ code }) => code !== 'no_changes')
  refusals.push(...refused.map((refusal) => ({ ...refusal, pointer: pointer('add') + refusal.pointer })))
  return undefined
}

/**
 * A value that VICIdial must have of a new lead: from `add`, from the update's own fields, or from its key. What a value of
 * `add` loses is added to `losses`.
 */
function readRequired(
  name: Required,
  given: unknown,
  key: LeadKey | undefined,
  changes: Changes | undefined,
  { clean, rights, onLossy, losses }: ChangesRules & Pick<ChangesInput, 'onLossy'> & { losses: Warning[] }
): string | Refusal | undefined {
  const refuse = (code: Refusal['code'], detail: string): Refusal => ({ code, detail })
  const field = FIELD_BY_NAME.get(name)
  const known = key?.by === name ? key.value : changes?.stored[name]
  const cleaned = field && given !== undefined && given !== null ? clean(field, given) : undefined
  if (cleaned !== undefined && 'code' in cleaned) return cleaned
  const [loss] = cleaned?.warnings ?? []
  if (onLossy === 'reject' && loss !== undefined) return lossRefused(name, loss)
  // What is known from elsewhere has its warning there.
  if (known === undefined) losses.push(...(cleaned?.warnings ?? []))
  const value = cleaned?.send ?? known
  if (value === undefined) {
    // Without its key or its fields it is not known whether the update has it.
    if (key === undefined || changes === undefined) return undefined
    return refuse('field_invalid', `VICIdial adds no lead without ${name}: give add.${name}.`)
  }
  if (known !== undefined && known !== value)
    return refuse('field_invalid', `add.${name} is not the ${name} of the update: a new lead would get both.`)
  if (name === 'phone_number' && value.length < MIN_PHONE_DIGITS)
    return refuse(
      'field_invalid',
      `VICIdial adds no lead whose phone_number has less than ${MIN_PHONE_DIGITS} digits.`
    )
  if (name !== 'list_id') return value
  if (value.length < MIN_LIST_DIGITS)
    return refuse(
      'field_invalid',
      `VICIdial adds no lead to a list whose id has less than ${MIN_LIST_DIGITS} digits.`
    )
  return allows(rights.addLists, value)
    ? value
    : refuse(
        'list_not_allowed',
        `This caller may not add leads to list ${value} (permissions.add_lists, and "add" in permissions.routes).`
      )
}

/** Refuses fields that would give a new lead another key than it is found by: the next request would add it again. */
function refuseOtherKey(key: LeadKey, { stored }: Changes, refusals: PointedRefusal[]): void {
  const { by, value } = key
  if (stored[by] === undefined || stored[by] === value) return
  const detail = `The new lead would not have the ${by} that it is looked up by, and be added again by the next request.`
  refusals.push({ code: 'field_invalid', field: by, detail, pointer: pointer('fields', by) })
}

/** Refuses what is both in `fields` and in `add.fields`. */
function refuseTwice({ stored }: Changes, own: Changes | undefined, refusals: PointedRefusal[]): void {
  for (const name in own?.stored) {
    if (stored[name] === undefined) continue
    const path = name.startsWith(CUSTOM)
      ? pointer('add', 'custom_fields', name.slice(CUSTOM.length))
      : pointer('add', 'fields', name)
    const detail = `${name} is among the update's own fields too, which a new lead gets as well.`
    refusals.push({ code: 'field_invalid', field: name, detail, pointer: path })
  }
}
