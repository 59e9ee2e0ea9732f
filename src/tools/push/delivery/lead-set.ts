import { isObject } from '../../../leads/is-object.ts'
import { KEY_NAMES, type KeyName } from '../../../leads/lead-key.ts'
import type { RowUpdate } from '../columns/row-reader.ts'

/** The lead that an update is about, as far as this is known without VICIdial. */
export interface LeadRef {
  /** The key that names the lead; undefined if there is none. */
  readonly by: KeyName | undefined
  /** The key and its value, normalized: values that VICIdial may take for the same lead are equal. */
  readonly name: string
  /** Keys of the lead that the update changes. Later updates may name the lead by their new values. */
  readonly changedKeys: readonly KeyName[]
}

/** Reads which lead an update is about. */
export function leadRefOf(update: RowUpdate): LeadRef {
  const by = KEY_NAMES.find((name) => update[name] !== undefined)
  const fields = isObject(update['fields']) ? update['fields'] : {}
  const changedKeys = KEY_NAMES.filter((name) => name in fields)
  return { by, name: by === undefined ? '' : `${by}:${normalize(by, String(update[by]))}`, changedKeys }
}

/** Values of one lead become equal. If values of two leads do too, an update only waits longer than it must. */
function normalize(by: KeyName, value: string): string {
  if (by === 'lead_id') return String(Number(value))
  if (by === 'phone_number') return value.replaceAll(/\D/g, '')
  return value
    .normalize('NFKD')
    .toLowerCase()
    .replaceAll(/[^\p{Letter}\p{Number}]/gu, '')
}

/** The leads of several updates. */
export class LeadSet {
  readonly #names = new Set<string>()
  readonly #by = new Set<KeyName>()
  readonly #changedKeys = new Set<KeyName>()

  constructor(leads: readonly LeadRef[] = []) {
    for (const lead of leads) this.add(lead)
  }

  add({ by, name, changedKeys }: LeadRef): void {
    if (by === undefined) return
    this.#names.add(name)
    this.#by.add(by)
    for (const key of changedKeys) this.#changedKeys.add(key)
  }

  /** Whether an update may be about one of these leads. */
  mayContain({ by, name, changedKeys }: LeadRef): boolean {
    if (by === undefined || this.#by.size === 0) return false
    if (this.#names.has(name) || this.#changedKeys.has(by)) return true
    if (this.#by.size > 1 || !this.#by.has(by)) return true
    return changedKeys.some((key) => this.#by.has(key))
  }

  /** Whether a lead may be in both sets. */
  mayOverlap(other: LeadSet): boolean {
    if (this.#by.size === 0 || other.#by.size === 0) return false
    if (this.#by.union(other.#by).size > 1) return true
    if (!this.#by.isDisjointFrom(other.#changedKeys)) return true
    if (!other.#by.isDisjointFrom(this.#changedKeys)) return true
    return !this.#names.isDisjointFrom(other.#names)
  }
}
