import { withoutDefaults } from './defaults.ts'
import { isYes, readRequestedChanges, type RequestedChanges } from './fields.ts'
import { refusal } from './problem.ts'

/** The changes of a form, the same for each of its leads. Like VICIdial it changes a phone number only if asked. */
export function readForm(rest: ReadonlyMap<string, unknown>): RequestedChanges {
  const members = new Map(rest)
  members.delete('update_phone_number')
  if (readOption(rest, 'update_phone_number') !== true) members.delete('phone_number')
  return readChangesOf(members, readOption(rest, 'custom_fields') === true)
}

/** Whether a form has a phone number, and does not say whether to change it. */
export function keepsPhone(rest: ReadonlyMap<string, unknown>): boolean {
  return (rest.get('phone_number') ?? '') !== '' && readOption(rest, 'update_phone_number') === undefined
}

/** What the parameters of a form change. Takes `custom_fields` out of `members`. */
export function readChangesOf(members: Map<string, unknown>, hasCustomFields: boolean): RequestedChanges {
  members.delete('custom_fields')
  return checkOptions(readRequestedChanges(withoutDefaults(members), 'form', hasCustomFields))
}

/**
 * One of VICIdial's options; undefined if it is not given.
 * @throws Problem invalid_request if it is neither Y nor N
 */
export function readOption(rest: ReadonlyMap<string, unknown>, name: string): boolean | undefined {
  const value = rest.get(name) ?? ''
  if (value === '') return undefined
  const yes = isYes(value)
  if (yes === undefined) throw refusal(`${name} must be Y or N.`, name)
  return yes
}

function checkOptions(changes: RequestedChanges): RequestedChanges {
  const { reset_called: reset = true, allow_undefined_list: undefinedList = true } = changes
  if (typeof reset !== 'boolean') throw refusal('reset_lead must be Y or N.', 'reset_lead')
  if (typeof undefinedList !== 'boolean')
    throw refusal('list_exists_check must be Y or N.', 'list_exists_check')
  return changes
}

/** Whether a value is a count: a whole number, or its digits. */
export function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) || (typeof value === 'string' && /^[0-9]{1,9}$/.test(value))
}
