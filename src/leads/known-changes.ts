import type { ReadActions } from './actions/lead-actions.ts'
import { type Changes, withActions } from './changes.ts'
import { isObject } from './is-object.ts'
import { type ChangesRules, readChanges } from './read-changes.ts'
import type { PointedRefusal } from './refusal.ts'
import type { UpdateOptions } from './update-options.ts'

/** Changes already read from a request's updates, so that equal ones are shared. */
export class KnownChanges {
  /** Those of updates with the request's options, by the JSON of their `fields`. */
  readonly byFields = new Map<string, Changes | PointedRefusal[]>()
  readonly #acting = new Map<Changes, Changes>()
  readonly #verified = new Map<Changes, Changes>()
  readonly #random: () => number

  /** @param random a number from 0, and below 1, to choose the updates that are verified */
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
    if (this.#random() >= share) return changes
    const verified = this.#verified.get(changes) ?? { ...changes, isVerified: true }
    this.#verified.set(changes, verified)
    return verified
  }
}

/**
 * Reads the changes of an element of `updates`: equal fields once, to share their changes. Custom fields never share a call,
 * so they are always read.
 * @param isDefault whether the options are the request's own
 */
export function readElementChanges(
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
