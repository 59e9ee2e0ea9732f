import { SOURCE } from '../vicidial/wire.ts'
import { NO_CHANGES, withActions } from '../leads/changes.ts'
import { type ChangesRules, MAX_REFUSALS, readChanges } from '../leads/read-changes.ts'
import { FIELD_BY_NAME } from '../leads/fields.ts'
import { isObject } from '../leads/is-object.ts'
import { ACTION_NAMES, readActions } from '../leads/actions/lead-actions.ts'
import { KEY_NAMES } from '../leads/lead-key.ts'
import { echo, jsonInText, type PointedRefusal, pointer } from '../leads/refusal.ts'
import { SimilarNames } from '../leads/similar-names.ts'
import type { RejectedUpdate, Update } from '../leads/update.ts'
import { changesNothing, readKeyAt, refuseActions, readUpdate } from '../leads/read-update.ts'
import { KnownChanges } from '../leads/known-changes.ts'
import { readOptions, type UpdateOptions } from '../leads/update-options.ts'

/** A batch request: one entry per update, in order. */
export interface Batch {
  readonly entries: readonly (Update | RejectedUpdate)[]
  readonly source: string | undefined
  readonly dryRun: boolean
}

/** Why a request as a whole cannot be read. */
export interface BatchFault {
  readonly code: 'invalid_request' | 'payload_too_large'
  readonly errors: readonly { pointer: string; code: string; detail: string }[]
}

export interface BatchRules extends ChangesRules {
  readonly maxUpdates: number
  /** The caller's options, which the request may override. */
  readonly defaults: UpdateOptions
}

const COMMON = [
  'source',
  'dry_run',
  'on_multiple',
  'on_missing',
  'key_match',
  'on_lossy',
  'on_invalid',
  'reset_called',
  'allow_undefined_list',
  'verify',
  ...ACTION_NAMES
]
const LONG_FORM: ReadonlySet<string> = new Set(['updates', 'add', ...COMMON])
const SHORT_FORM: ReadonlySet<string> = new Set(['lead_ids', 'fields', 'custom_fields', ...COMMON])
const SIMILAR_PROPERTIES = new SimilarNames(LONG_FORM.union(SHORT_FORM), { ids: 'lead_ids' })

/**
 * Reads the body of a batch request, in the long form (`updates`) or the short one (`lead_ids`). A fault outside the
 * updates is the request's; a fault in an update is that update's refusal. Never throws.
 */
export function readBatch(body: unknown, rules: BatchRules): Batch | BatchFault {
  if (!isObject(body)) {
    const detail = 'The body must be a JSON object with updates, or with lead_ids and fields.'
    const remedy = Array.isArray(body) ? ' Put this list under updates.' : jsonInText(body)
    return fault('', detail + remedy)
  }
  const short = body['lead_ids'] !== undefined
  const listName = short ? 'lead_ids' : 'updates'
  const list = body[listName]
  if (short && body['updates'] !== undefined)
    return fault('/updates', 'Give either updates or lead_ids, not both.')
  if (!Array.isArray(list))
    return fault(pointer(listName), `${listName} must be an array.${listMeant(body, list)}`)
  if (list.length === 0) return fault(pointer(listName), `${listName} is empty: there is nothing to do.`)
  if (list.length > rules.maxUpdates) {
    const detail = `${list.length} updates in one request; ${rules.maxUpdates} are taken. Send them in parts.`
    return {
      code: 'payload_too_large',
      errors: [{ pointer: pointer(listName), code: 'payload_too_large', detail }]
    }
  }

  const refusals: PointedRefusal[] = []
  const known = short ? SHORT_FORM : LONG_FORM
  for (const name in body) {
    if (refusals.length >= MAX_REFUSALS) break
    if (!known.has(name)) {
      const detail = `A request has no such property; ${propertyMeant(name, known)} has ${[...known].join(', ')}.`
      refusals.push({ code: 'field_unknown', detail, pointer: pointer(name) })
    }
  }
  const given = readOptions(body, rules.defaults, refusals)
  const add = short ? undefined : body['add']
  const actions = readActions(body, rules.defaults.actions, rules, refusals)
  const options = { ...given, ...(add !== undefined && { add }), ...(actions && { actions }) }
  if (short && given.onMissing === 'add') {
    const detail =
      'VICIdial numbers new leads itself: to add leads, name them by vendor_lead_code or phone_number.'
    refusals.push({ code: 'field_invalid', detail, pointer: pointer('on_missing') })
  }
  const source = body['source']
  if (source !== undefined && !(typeof source === 'string' && SOURCE.test(source))) {
    refusals.push({
      code: 'field_invalid',
      detail: 'source must be 2 to 20 letters and digits.',
      pointer: '/source'
    })
  }
  const dryRun = body['dry_run'] === undefined ? false : body['dry_run']
  if (typeof dryRun !== 'boolean') {
    refusals.push({ code: 'field_invalid', detail: 'dry_run must be true or false.', pointer: '/dry_run' })
  }
  if (refusals.length > 0) {
    return {
      code: 'invalid_request',
      errors: refusals.map(({ code, detail, pointer }) => ({ pointer, code, detail }))
    }
  }
  return {
    entries: short ? readShortForm(body, list, options, rules) : readLongForm(list, options, rules),
    source: typeof source === 'string' ? source : undefined,
    dryRun: dryRun === true
  }
}

/** What somebody means who gives a request an unknown property, as the begin of a sentence. */
function propertyMeant(name: string, known: ReadonlySet<string>): string {
  if (FIELD_BY_NAME.has(name)) {
    return known === SHORT_FORM
      ? `put ${name} into fields. It`
      : `put ${name} into the fields of each update. It`
  }
  const similar = SIMILAR_PROPERTIES.find(name)
  return similar !== undefined && known.has(similar) ? `did you mean ${similar}? It` : 'it'
}

/** What to do with a request whose `updates` or `lead_ids`, here `list`, is not a list. */
function listMeant(body: Record<string, unknown>, list: unknown): string {
  if (isObject(list)) return ' Put the update into a list.'
  if (body['lead_ids'] !== undefined) return jsonInText(list) || ' Write it like [101, 102].'
  if (list !== undefined) return jsonInText(list)
  if (KEY_NAMES.some((name) => body[name] !== undefined)) return ' Put the update into a list, under updates.'
  for (const name of Object.keys(body).slice(0, MAX_REFUSALS)) {
    const similar = SIMILAR_PROPERTIES.find(name)
    if (similar === 'updates' || similar === 'lead_ids') return ` Did you mean ${similar}, for ${echo(name)}?`
    if (Array.isArray(body[name])) return ` The request has ${echo(name)}: put them under updates.`
  }
  return ''
}

function fault(pointer: string, detail: string): BatchFault {
  return { code: 'invalid_request', errors: [{ pointer, code: 'invalid_request', detail }] }
}

function readLongForm(
  list: unknown[],
  options: UpdateOptions,
  rules: BatchRules
): (Update | RejectedUpdate)[] {
  const known = new KnownChanges()
  return list.map((element, index) => {
    const entry = readUpdate(element, index, options, rules, known)
    return 'refusals' in entry
      ? { ...entry, refusals: under(pointer('updates', index), entry.refusals) }
      : entry
  })
}

function under(parent: string, refusals: readonly PointedRefusal[]): PointedRefusal[] {
  return refusals.map((refusal) => ({ ...refusal, pointer: parent + refusal.pointer }))
}

function readShortForm(
  body: Record<string, unknown>,
  list: unknown[],
  options: UpdateOptions,
  rules: BatchRules
): (Update | RejectedUpdate)[] {
  const { onMultiple, verify, actions } = options
  const read = readChanges({ fields: body['fields'], customFields: body['custom_fields'], ...options }, rules)
  const refused: PointedRefusal[] = []
  refuseActions(actions, options, rules, refused)
  const done = actions !== undefined && changesNothing(read) ? NO_CHANGES : read
  const changes =
    refused.length > 0 || Array.isArray(done)
      ? [...refused, ...(Array.isArray(done) ? done : [])]
      : actions === undefined
        ? done
        : withActions(done, actions)
  const known = new KnownChanges()
  return list.map((id, index) => {
    const refusals: PointedRefusal[] = []
    const key = readKeyAt('lead_id', id, ['lead_ids', index], rules, refusals)
    if (!Array.isArray(changes) && key !== undefined) {
      return { index, key, onMultiple, changes: known.sampled(changes, verify) }
    }
    // In full for the first lead only, or the response would grow with leads times faults.
    if (Array.isArray(changes)) refusals.push(...(index === 0 ? changes : changes.slice(0, 1)))
    return { index, key, refusals }
  })
}
