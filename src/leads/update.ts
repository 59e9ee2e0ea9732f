import { type Changes, type ChangesRules, MAX_REFUSALS, readChanges } from './changes.ts'
import { isObject } from './is-object.ts'
import { KEY_NAMES, type KeyName, type LeadKey, readLeadKey } from './lead-key.ts'
import { echo, type PlacedRefusal, pointer } from './refusal.ts'
import { allows } from './rights.ts'

/** What a key that matches several leads means: refuse it, update all of them, or the newest. */
export type OnMultiple = 'reject' | 'all' | 'newest'
export const ON_MULTIPLE: readonly OnMultiple[] = ['reject', 'all', 'newest']

/** Whether a lossy cleaning of prose is accepted with a warning, or refused. */
export type OnLossy = 'accept' | 'reject'
export const ON_LOSSY: readonly OnLossy[] = ['accept', 'reject']

/** Options that a request gives for all its updates, and an update for itself. */
export interface UpdateOptions {
  readonly onMultiple: OnMultiple
  readonly onLossy: OnLossy
  readonly resetCalled: boolean
  readonly allowUndefinedList: boolean
}

/** A sound update: it names one lead, and what it asks for can be sent. `index` is its place in the request. */
export interface Update {
  readonly index: number
  readonly key: LeadKey
  readonly onMultiple: OnMultiple
  readonly changes: Changes
}

/** An update that was refused. `key` is there if it could be read. */
export interface RefusedUpdate {
  readonly index: number
  readonly key: LeadKey | undefined
  readonly refusals: readonly PlacedRefusal[]
}

/** The options that a request or an update may have. */
const OPTIONS = ['reset_called', 'allow_undefined_list', 'on_multiple', 'on_lossy']
const PROPERTIES: ReadonlySet<string> = new Set([...KEY_NAMES, 'fields', 'custom_fields', ...OPTIONS])

/** What updates of the same request and options asked for before, by the JSON of their `fields`. */
export type KnownChanges = Map<string, Changes | PlacedRefusal[]>

/**
 * Reads one element of a request's `updates`. `defaults` are the request's own options. Returns every refusal
 * with a JSON Pointer into the element; never throws, whatever `element` is.
 */
export function readUpdate(
  element: unknown,
  index: number,
  defaults: UpdateOptions,
  rules: ChangesRules,
  known: KnownChanges = new Map()
): Update | RefusedUpdate {
  if (!isObject(element)) {
    const detail = 'An update must be an object that names a lead and what to change.'
    return { index, key: undefined, refusals: [{ code: 'field_invalid', detail, pointer: '' }] }
  }
  const refusals: PlacedRefusal[] = []
  for (const name in element) {
    if (refusals.length >= MAX_REFUSALS) break
    if (!PROPERTIES.has(name)) {
      const detail = 'An update has no such property; columns of a lead belong into fields.'
      refusals.push({ code: 'field_unknown', field: echo(name), detail, pointer: pointer(name) })
    }
  }
  const options = readOptions(element, defaults, refusals)
  const key = readKey(element, rules, refusals)
  const changes = readElementChanges(element, options, options === defaults, rules, known)
  // A misplaced property says more than that nothing is left to change.
  if (Array.isArray(changes)) {
    refusals.push(...changes.filter(({ code }) => code !== 'no_changes' || refusals.length === 0))
  }
  if (key === undefined || Array.isArray(changes) || refusals.length > 0) return { index, key, refusals }
  return { index, key, onMultiple: options.onMultiple, changes }
}

/** Equal wishes are read once, and share their changes; but for those with custom fields, which never share a call. */
function readElementChanges(
  { fields, custom_fields: customFields }: Record<string, unknown>,
  options: UpdateOptions,
  isDefault: boolean,
  rules: ChangesRules,
  known: KnownChanges
): Changes | PlacedRefusal[] {
  if (!isDefault || customFields !== undefined || !isToldByJson(fields)) {
    return readChanges({ fields, customFields, ...options }, rules)
  }
  const json = JSON.stringify(fields)
  const before = known.get(json)
  if (before !== undefined) return before
  const changes = readChanges({ fields, customFields, ...options }, rules)
  known.set(json, changes)
  return changes
}

/**
 * Whether the JSON of `value` tells it from any other: a number too large for JSON.parse would be written as null,
 * and what is deep is refused anyway, though writing it could exhaust the stack.
 */
function isToldByJson(value: unknown): boolean {
  if (!isObject(value)) return false
  for (const name in value) {
    const inner = value[name]
    if (typeof inner === 'object' && inner !== null) return false
    if (typeof inner === 'number' && !Number.isFinite(inner)) return false
  }
  return true
}

function readKey(
  element: Record<string, unknown>,
  rules: ChangesRules,
  refusals: PlacedRefusal[]
): LeadKey | undefined {
  let by: KeyName | undefined
  let given = 0
  for (const name of KEY_NAMES) {
    if (element[name] === undefined) continue
    by = name
    given++
  }
  if (by === undefined || given > 1) {
    const detail = `An update names its lead by exactly one of ${KEY_NAMES.join(', ')}; this one has ${given}.`
    refusals.push({ code: 'field_invalid', field: 'lead_id', detail, pointer: '' })
    return undefined
  }
  return placedKey(by, element[by], [by], rules, refusals)
}

/** Reads a key and, if it is refused, notes that under `place`. */
export function placedKey(
  by: KeyName,
  value: unknown,
  place: readonly (string | number)[],
  rules: ChangesRules,
  refusals: PlacedRefusal[]
): LeadKey | undefined {
  if (by !== 'lead_id' && !allows(rules.rights.lookUps, by)) {
    const detail = `This caller may not look leads up by ${by} (permissions.look_ups).`
    refusals.push({ code: 'field_not_allowed', field: by, detail, pointer: pointer(...place) })
    return undefined
  }
  const key = readLeadKey(by, value, rules.clean)
  if (!('code' in key)) return key
  refusals.push({ ...key, pointer: pointer(...place) })
  return undefined
}

/** Reads the options of a request or an update, with `defaults` for those not given. */
export function readOptions(
  element: Record<string, unknown>,
  defaults: UpdateOptions,
  refusals: PlacedRefusal[]
): UpdateOptions {
  if (!OPTIONS.some((name) => element[name] !== undefined)) return defaults
  const read = <T>(name: string, allowed: readonly T[], fallback: T): T => {
    const value = element[name]
    if (value === undefined) return fallback
    const found = allowed.find((one) => one === value)
    if (found !== undefined) return found
    const detail = `${name} must be one of ${allowed.map((one) => JSON.stringify(one)).join(', ')}.`
    refusals.push({ code: 'field_invalid', field: name, detail, pointer: pointer(name) })
    return fallback
  }
  return {
    onMultiple: read('on_multiple', ON_MULTIPLE, defaults.onMultiple),
    onLossy: read('on_lossy', ON_LOSSY, defaults.onLossy),
    resetCalled: read('reset_called', [true, false], defaults.resetCalled),
    allowUndefinedList: read('allow_undefined_list', [true, false], defaults.allowUndefinedList)
  }
}
