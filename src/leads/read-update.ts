import { ACTION_NAMES, actionRefusal, type ReadActions, readActions } from './actions/lead-actions.ts'
import type { Addition } from './adding/addition.ts'
import { readAddition } from './adding/read-addition.ts'
import { type Changes, NO_CHANGES, withActions } from './changes.ts'
import { FIELD_BY_NAME, SIMILAR_FIELDS } from './fields.ts'
import { isObject } from './is-object.ts'
import { KnownChanges, readElementChanges } from './known-changes.ts'
import { KEY_NAMES, type KeyName, type LeadKey, readLeadKey } from './lead-key.ts'
import { type ChangesRules, lossRefused, MAX_HINTS, MAX_REFUSALS } from './read-changes.ts'
import { echo, hasSameLoss, jsonInText, type PointedRefusal, pointer, type Warning } from './refusal.ts'
import { allows } from './rights.ts'
import { SimilarNames } from './similar-names.ts'
import type { RejectedUpdate, Update } from './update.ts'
import { readOptions, UPDATE_OPTIONS, type UpdateOptions } from './update-options.ts'

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
  // A field that is the key too has the same warning once.
  const ofKeyAlone = ofKey.filter((warning) => !hasSameLoss(changes.warnings, warning))
  const warned =
    ofKeyAlone.length > 0 ? { ...changes, warnings: [...ofKeyAlone, ...changes.warnings] } : changes
  return {
    index,
    key,
    onMultiple,
    ...(keyMatch === 'exact' && { keyMatch }),
    changes: known.sampled(acting(warned, acts, defaults, known), verify),
    ...(addition && { addition: warnedOf(addition, ofKeyAlone, acts?.warnings ?? []) })
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

/** A new lead with the warnings of its key and of what is done with it, too. */
function warnedOf(addition: Addition, ofKey: readonly Warning[], ofActions: readonly Warning[]): Addition {
  if (ofKey.length === 0 && ofActions.length === 0) return addition
  // Its members are getters: a spread would lose them.
  const { params, stored, warnings } = addition
  return { params, stored, warnings: [...ofKey, ...warnings, ...ofActions] }
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
    refusals.push({ ...lossRefused(warning.field, warning), pointer: pointer('callback', 'comments') })
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
  return readOwnKey(by, element, onLossy, rules, refusals, warnings)
}

/** Reads the key of an update or a new lead. Refuses one that loses something, if the caller accepts no loss. */
export function readOwnKey(
  by: KeyName,
  element: Readonly<Record<string, unknown>>,
  onLossy: UpdateOptions['onLossy'],
  rules: ChangesRules,
  refusals: PointedRefusal[],
  warnings: Warning[]
): LeadKey | undefined {
  const key = readKeyAt(by, element[by], [by], rules, refusals, warnings)
  const [loss] = warnings
  if (onLossy === 'accept' || loss === undefined) return key
  refusals.push({ ...lossRefused(by, loss), pointer: pointer(by) })
  return undefined
}

/** Reads a key; if it is refused, adds the refusal with the pointer of `path`. Adds what the key loses to `warnings`. */
export function readKeyAt(
  by: KeyName,
  value: unknown,
  path: readonly (string | number)[],
  rules: ChangesRules,
  refusals: PointedRefusal[],
  warnings?: Warning[]
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
