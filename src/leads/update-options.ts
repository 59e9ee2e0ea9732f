import type { ReadActions } from './actions/lead-actions.ts'
import { type PointedRefusal, pointer } from './refusal.ts'

/** The options of an update, as it names them: its properties besides its key, its values and its actions. */
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

/** Reads the options of a request or an update; `defaults` are for absent ones. */
export function readOptions(
  element: Record<string, unknown>,
  defaults: UpdateOptions,
  refusals: PointedRefusal[]
): UpdateOptions {
  if (!UPDATE_OPTIONS.some((name) => element[name] !== undefined)) return defaults
  const read = <T>(name: string, allowed: readonly T[], fallback: T): T =>
    readOneOf(element, name, allowed, fallback, refusals)
  return {
    ...defaults,
    onMultiple: read('on_multiple', ON_MULTIPLE, defaults.onMultiple),
    onMissing: read('on_missing', ON_MISSING, defaults.onMissing),
    keyMatch: read('key_match', KEY_MATCH, defaults.keyMatch),
    onLossy: read('on_lossy', ON_LOSSY, defaults.onLossy),
    onInvalid: read('on_invalid', ON_INVALID, defaults.onInvalid),
    resetCalled: read('reset_called', [true, false], defaults.resetCalled),
    allowUndefinedList: read('allow_undefined_list', [true, false], defaults.allowUndefinedList),
    verify: readVerify(element['verify'], defaults.verify, refusals)
  }
}

/** Reads a property that has one of several values; `fallback` if it is absent or faulty. */
export function readOneOf<T>(
  element: Record<string, unknown>,
  name: string,
  allowed: readonly T[],
  fallback: T,
  refusals: PointedRefusal[]
): T {
  const value = element[name]
  if (value === undefined) return fallback
  const found = allowed.find((one) => one === value)
  if (found !== undefined) return found
  const detail = `${name} must be one of ${allowed.map((one) => JSON.stringify(one)).join(', ')}.`
  refusals.push({ code: 'field_invalid', field: name, detail, pointer: pointer(name) })
  return fallback
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
