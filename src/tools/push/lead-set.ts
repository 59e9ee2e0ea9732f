import { KEY_NAMES, type KeyName } from '../../leads/lead-key.ts'
import { isObject } from '../../leads/is-object.ts'
import type { RowUpdate } from './row-reader.ts'

/** Which leads an update is about, as far as it can be told without VICIdial. */
export interface Trace {
  /** How it names its lead, and the name with all that VICIdial may take for the same; undefined: it names none. */
  readonly by: KeyName | undefined
  readonly lead: string
  /** Keys of the lead that it changes: later updates may mean this lead by them. */
  readonly changes: readonly KeyName[]
}

/** Reads the trace of an update. */
export function traceOf(update: RowUpdate): Trace {
  const by = KEY_NAMES.find((name) => update[name] !== undefined)
  const fields = isObject(update['fields']) ? update['fields'] : {}
  const changes = KEY_NAMES.filter((name) => name in fields)
  return { by, lead: by === undefined ? '' : `${by}:${sameName(by, String(update[by]))}`, changes }
}

/** Names of one lead become equal; that some of other leads may become equal too costs only a wait. */
function sameName(by: KeyName, name: string): string {
  if (by === 'lead_id') return String(Number(name))
  if (by === 'phone_number') return name.replaceAll(/\D/g, '')
  return name
    .normalize('NFKD')
    .toLowerCase()
    .replaceAll(/[^\p{Letter}\p{Number}]/gu, '')
}

/** The leads of many updates. */
export class Footprint {
  readonly #leads = new Set<string>()
  readonly #by = new Set<KeyName>()
  readonly #changes = new Set<KeyName>()

  add({ by, lead, changes }: Trace): void {
    if (by === undefined) return
    this.#leads.add(lead)
    this.#by.add(by)
    for (const name of changes) this.#changes.add(name)
  }

  /** Whether an update may be about one of these leads. */
  meets({ by, lead, changes }: Trace): boolean {
    if (by === undefined || this.#by.size === 0) return false
    if (this.#leads.has(lead) || this.#changes.has(by)) return true
    if (this.#by.size > 1 || !this.#by.has(by)) return true
    return changes.some((name) => this.#by.has(name))
  }

  /** Whether one of these leads may be one of another footprint's. */
  meetsAny(other: Footprint): boolean {
    if (this.#by.size === 0 || other.#by.size === 0) return false
    if (this.#by.union(other.#by).size > 1) return true
    if (!this.#by.isDisjointFrom(other.#changes) || !other.#by.isDisjointFrom(this.#changes)) return true
    return !this.#leads.isDisjointFrom(other.#leads)
  }
}
