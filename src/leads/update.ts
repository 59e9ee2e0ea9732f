import type { Addition } from './adding/addition.ts'
import { readAddition } from './adding/read-addition.ts'
import {
  type Changes,
  type ChangesRules,
  lossRefused,
  MAX_HINTS,
  MAX_REFUSALS,
  NO_CHANGES,
  readChanges,
  UPDATE_OPTIONS,
  withActions
} from './changes.ts'
import { FIELD_BY_NAME, SIMILAR_FIELDS } from './fields.ts'
import { isObject } from './is-object.ts'
import { ACTION_NAMES, actionRefusal, type ReadActions, readActions } from './actions/lead-actions.ts'
import { KEY_NAMES, type KeyName, type LeadKey, readLeadKey } from './lead-key.ts'
import { echo, jsonInText, type PointedRefusal, pointer, type Warning } from './refusal.ts'
import { allows } from './rights.ts'
import { SimilarNames } from './similar-names.ts'

/** What to do if a key matches several leads: reject the update, update all of them, or the newest. */
export type OnMultiple = 'reject' | 'all' | 'newest'
export const ON_MULTIPLE: readonly OnMultiple[] = ['reject', 'all', 'newest']

/** Whether prose that loses characters is accepted with a warning, or refused. */
export type OnLossy = 'accept' | 'reject'
export const ON_LOSSY: readonly OnLossy[] = ['accept', 'reject']

/** Whether a faulty value rejects its update, or is left out of it with a warning. */
export type OnInvalid = 'reject_update' | 'drop_field'
export const ON_INVALID: readonly OnInvalid[] = ['reject_update', 'drop_field']

/** Whether a key finds every code that VICIdial counts as equal, or only the same spelling. */
export type KeyMatch = 'collation' | 'exact'
export const KEY_MATCH: readonly KeyMatch[] = ['collation', 'exact']

/** What to do if no lead has the key: report it, or add a lead. */
export type OnMissing = 'report' | 'add'
export const ON_MISSING: readonly OnMissing[] = ['report', 'add']

/** Options of a request's updates, or of one update. */
export interface UpdateOptions {
  readonly onMultiple: OnMultiple
  readonly onMissing: OnMissing
  /** The `add` of the request, which that of an update completes; not validated. */
  readonly add?: unknown
  readonly keyMatch: KeyMatch
  readonly onLossy: OnLossy
  readonly onInvalid: OnInvalid
  readonly resetCalled: boolean
  readonly allowUndefinedList: boolean
  /** The share of updates after which the lead is read and compared: from 0, none, to 1, all. */
  readonly verify: number
  /** What is done with each lead after that. */
  readonly actions?: ReadActions | undefined
}

/** The options of a request that names none, from a caller without its own. */
export const DEFAULT_OPTIONS: UpdateOptions = {
  onMultiple: 'reject',
  onMissing: 'report',
  keyMatch: 'collation',
  onLossy: 'accept',
  onInvalid: 'reject_update',
  resetCalled: false,
  allowUndefinedList: false,
  verify: 0
}

/** An update that can be sent: it names one lead and valid changes. `index` is its position in the request. */
export interface Update {
  readonly index: number
  readonly key: LeadKey
  readonly onMultiple: OnMultiple
  /** How many leads `newest` changes. Default: 1. */
  readonly newest?: number
  /** Default: `collation`. */
  readonly keyMatch?: 'exact'
  readonly changes: Changes
  /** The lead to add if none has the key. */
  readonly addition?: Addition
  /** Whether a lead that has the key is left as it is, and refuses the update. */
  readonly mustBeNew?: true
}

/** An update that was rejected. `key` is undefined if it could not be read. */
export interface RejectedUpdate {
  readonly index: number
  readonly key: LeadKey | undefined
  readonly refusals: readonly PointedRefusal[]
}

const PROPERTIES: ReadonlySet<string> = new Set([
  ...KEY_NAMES,
  'fields',
  'custom_fields',
  'add',
  ...ACTION_NAMES,
  ...UPDATE_OPTIONS
])
const SIMILAR_PROPERTIES = new SimilarNames(PROPERTIES, {
  id: 'lead_id',
  phone: 'phone_number',
  reset: 'reset_called',
  reset_lead: 'reset_called'
})

/** Changes already read from a request's updates, so that equal ones are shared. */
export class KnownChanges {
  /** Those of updates with the request's options, by the JSON of their `fields`. */
  readonly byFields = new Map<string, Changes | PointedRefusal[]>()
  readonly #acting = new Map<Changes, Changes>()
  readonly #verified = new Map<Changes, Changes>()
  readonly #random: () => number

  /** @param random a number from 0 to 1, to choose the updates that are verified */
  constructor(random: () => number = Math.random) {
    this.#random = random
  }

  /** Returns `changes` with the actions of the request after them. */
  acting(changes: Changes, ofRequest: ReadActions): Changes {
    const acting = this.#acting.get(changes) ?? withActions(changes, ofRequest)
    this.#acting.set(changes, acting)
    return acting
  }

  /** Returns `changes`, verified with the probability `share`. */
  sampled(changes: Changes, share: number): Changes {
    if (share === 0 || this.#random() >= share) return changes
    const verified = this.#verified.get(changes) ?? { ...changes, isVerified: true }
    this.#verified.set(changes, verified)
    return verified
  }
}

/**
 * Reads one element of a request's `updates`. `defaults` are the request's options. Returns every refusal with a JSON
 * Pointer into the element; never throws.
 */
export function readUpdate(
  element: unknown,
  index: number,
  defaults: UpdateOptions,
  rules: ChangesRules,
  known = new KnownChanges()
): Update | RejectedUpdate {
  if (!isObject(element)) {
    const detail = `An update must be an object that names a lead and what to change.${jsonInText(element)}`
    return { index, key: undefined, refusals: [{ code: 'field_invalid', detail, pointer: '' }] }
  }
  const refusals: PointedRefusal[] = []
  for (const name in element) {
    if (refusals.length >= MAX_REFUSALS) break
    if (!PROPERTIES.has(name)) {
      const detail = `An update has no such property; ${propertyMeant(name, refusals.length < MAX_HINTS)}`
      refusals.push({ code: 'field_unknown', field: echo(name), detail, pointer: pointer(name) })
    }
  }
  const options = readOptions(element, defaults, refusals)
  const ofKey: Warning[] = []
  const key = readKey(element, options, rules, refusals, ofKey)
  const acts = readActions(element, defaults.actions, rules, refusals)
  refuseActions(acts, options, rules, refusals)
  const read = readElementChanges(element, options, options === defaults, rules, known)
  const changes = acts !== undefined && changesNothing(read) ? NO_CHANGES : read
  // With another refusal, 'changes nothing' is only its consequence.
  if (Array.isArray(changes)) {
    refusals.push(...changes.filter(({ code }) => code !== 'no_changes' || refusals.length === 0))
  }
  const addition = readElementAddition(
    element,
    key,
    Array.isArray(changes) ? undefined : changes,
    options,
    rules,
    refusals
  )
  if (key === undefined || Array.isArray(changes) || refusals.length > 0) return { index, key, refusals }
  const { onMultiple, keyMatch, verify } = options
  const warned = ofKey.length > 0 ? { ...changes, warnings: [...ofKey, ...changes.warnings] } : changes
  return {
    index,
    key,
    onMultiple,
    ...(keyMatch === 'exact' && { keyMatch }),
    changes: known.sampled(acting(warned, acts, defaults, known), verify),
    ...(addition && { addition: warnedOf(addition, acts) })
  }
}

/** Whether the only fault of changes is that there are none. */
export function changesNothing(changes: Changes | readonly PointedRefusal[]): boolean {
  return Array.isArray(changes) && changes.every(({ code }) => code === 'no_changes')
}

function acting(
  changes: Changes,
  acts: ReadActions | undefined,
  { actions: ofRequest }: UpdateOptions,
  known: KnownChanges
): Changes {
  if (acts === undefined) return changes
  return acts === ofRequest ? known.acting(changes, acts) : withActions(changes, acts)
}

/** A new lead with the warnings of what is done with it, too. */
function warnedOf(addition: Addition, acts: ReadActions | undefined): Addition {
  if (acts === undefined || acts.warnings.length === 0) return addition
  return { ...addition, warnings: [...addition.warnings, ...acts.warnings] }
}

/** Refuses actions that the caller may not do, and texts of them that would lose something it does not accept. */
export function refuseActions(
  acts: ReadActions | undefined,
  { onLossy }: Pick<UpdateOptions, 'onLossy'>,
  { rights }: ChangesRules,
  refusals: PointedRefusal[]
): void {
  if (acts === undefined) return
  const forbidden = actionRefusal(acts.actions, rights)
  if (forbidden !== undefined) refusals.push(forbidden)
  const [warning] = acts.warnings
  if (onLossy === 'reject' && warning !== undefined)
    refusals.push({ ...lossRefused(warning.field, acts.warnings), pointer: pointer('callback', 'comments') })
}

/** The lead to add if none has the key of an update; undefined if none is to be added. */
function readElementAddition(
  element: Record<string, unknown>,
  key: LeadKey | undefined,
  changes: Changes | undefined,
  options: UpdateOptions,
  rules: ChangesRules,
  refusals: PointedRefusal[]
): Addition | undefined {
  const refuse = (name: string, detail: string) => {
    refusals.push({ code: 'field_invalid', field: name, detail, pointer: pointer(name) })
  }
  if (options.onMissing === 'report') {
    if (element['add'] !== undefined) refuse('add', 'add needs on_missing "add".')
    return undefined
  }
  if (element['lead_id'] !== undefined) {
    const detail =
      'VICIdial numbers new leads itself: to add one, name it by vendor_lead_code or phone_number.'
    if (element['on_missing'] !== undefined || element['add'] !== undefined) refuse('on_missing', detail)
    return undefined
  }
  return readAddition(addOf(element['add'], options.add), key, changes, options, rules, refusals)
}

/** What an update says about a new lead, completed by what its request says. */
function addOf(own: unknown, ofRequest: unknown): unknown {
  if (!isObject(own) || !isObject(ofRequest)) return own ?? ofRequest
  const add: Record<string, unknown> = { ...ofRequest, ...own }
  for (const name of ['fields', 'custom_fields']) {
    const [values, defaults] = [own[name], ofRequest[name]]
    if (isObject(values) && isObject(defaults)) add[name] = { ...defaults, ...values }
  }
  return add
}

/** What somebody means who gives an update an unknown property. */
function propertyMeant(name: string, hasHint: boolean): string {
  if (FIELD_BY_NAME.has(name)) return `put ${name} into fields.`
  if (!hasHint) return 'put columns of a lead in fields.'
  const property = SIMILAR_PROPERTIES.find(name)
  if (property !== undefined) return `did you mean ${property}?`
  const field = SIMILAR_FIELDS.find(name)
  return field === undefined ? 'put columns of a lead in fields.' : `did you mean ${field}, in fields?`
}

/** Reads equal fields once, to share their changes. Custom fields never share a call, so they are always read. */
function readElementChanges(
  { fields, custom_fields: customFields }: Record<string, unknown>,
  options: UpdateOptions,
  isDefault: boolean,
  rules: ChangesRules,
  known: KnownChanges
): Changes | PointedRefusal[] {
  if (!isDefault || customFields !== undefined || !isIdentifiedByJson(fields)) {
    return readChanges({ fields, customFields, ...options }, rules)
  }
  const json = JSON.stringify(fields)
  const before = known.byFields.get(json)
  if (before !== undefined) return before
  const changes = readChanges({ fields, customFields, ...options }, rules)
  known.byFields.set(json, changes)
  return changes
}

/**
 * Whether the JSON of `value` identifies it. Infinity (a number too large for JSON.parse) would be written as null, and
 * writing a deep value, which is refused anyway, could exhaust the stack.
 */
function isIdentifiedByJson(value: unknown): boolean {
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
  { onLossy }: UpdateOptions,
  rules: ChangesRules,
  refusals: PointedRefusal[],
  warnings: Warning[]
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
  const key = readKeyAt(by, element[by], [by], rules, refusals, warnings)
  if (onLossy === 'accept' || warnings.length === 0) return key
  refusals.push({ ...lossRefused(by, warnings), pointer: pointer(by) })
  return undefined
}

/** Reads a key; if it is refused, adds the refusal with the pointer of `path`. Adds what the key loses to `warnings`. */
export function readKeyAt(
  by: KeyName,
  value: unknown,
  path: readonly (string | number)[],
  rules: ChangesRules,
  refusals: PointedRefusal[],
  warnings: Warning[] = []
): LeadKey | undefined {
  if (by !== 'lead_id' && !allows(rules.rights.lookUps, by)) {
    const detail = `This caller may not look leads up by ${by} (permissions.look_ups).`
    refusals.push({ code: 'field_not_allowed', field: by, detail, pointer: pointer(...path) })
    return undefined
  }
  const key = readLeadKey(by, value, rules, warnings)
  if (!('code' in key)) return key
  refusals.push({ ...key, pointer: pointer(...path) })
  return undefined
}

/** Reads the options of a request or an update; `defaults` are for absent ones. */
export function readOptions(
  element: Record<string, unknown>,
  defaults: UpdateOptions,
  refusals: PointedRefusal[]
): UpdateOptions {
  if (!UPDATE_OPTIONS.some((name) => element[name] !== undefined)) return defaults
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
    onMissing: read('on_missing', ON_MISSING, defaults.onMissing),
    ...(defaults.add === undefined ? {} : { add: defaults.add }),
    ...(defaults.actions === undefined ? {} : { actions: defaults.actions }),
    keyMatch: read('key_match', KEY_MATCH, defaults.keyMatch),
    onLossy: read('on_lossy', ON_LOSSY, defaults.onLossy),
    onInvalid: read('on_invalid', ON_INVALID, defaults.onInvalid),
    resetCalled: read('reset_called', [true, false], defaults.resetCalled),
    allowUndefinedList: read('allow_undefined_list', [true, false], defaults.allowUndefinedList),
    verify: readVerify(element['verify'], defaults.verify, refusals)
  }
}

function readVerify(value: unknown, fallback: number, refusals: PointedRefusal[]): number {
  if (value === undefined) return fallback
  const share = shareOf(value)
  if (share !== undefined) return share
  const detail = 'verify must be true, false, or the share of updates to verify: a number from 0 to 1.'
  refusals.push({ code: 'field_invalid', field: 'verify', detail, pointer: '/verify' })
  return fallback
}

/** The share that `verify` means; undefined if it is neither a boolean nor a number from 0 to 1. */
export function shareOf(verify: unknown): number | undefined {
  if (typeof verify === 'boolean') return verify ? 1 : 0
  return typeof verify === 'number' && verify >= 0 && verify <= 1 ? verify : undefined
}
