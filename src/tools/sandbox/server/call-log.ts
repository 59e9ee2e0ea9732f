import type { FaultName } from './faults.ts'
import type { RequestParameters } from './request-parameters.ts'

/** One call received, as `GET /sandbox/calls` shows it. */
export interface Call {
  /** Empty if the call names none, or if the connection was closed before the call was read. */
  readonly function: string
  /** Unchanged values by name, except `pass`. */
  readonly params: Readonly<Record<string, string>>
  /** How many leads the call names, by id or by search key. */
  readonly leads: number
  readonly method: string
  /** When it was read, as ISO 8601 in UTC. */
  readonly at: string
  /** Time from request to answer, in milliseconds; 0 while there is no answer. */
  ms: number
  /** 0 if there is no answer (yet). */
  http_status: number
  readonly fault?: FaultName
}

const MAX_CALLS = 100_000
/** Caps memory: calls with long lists of leads reach this before 100,000 calls. */
const MAX_CHARACTERS = 64 * 1024 * 1024
/** How many of the oldest calls are dropped at a time. Dropping one at a time would move all others each time. */
const SPARE_CALLS = 10_000

interface Entry {
  readonly call: Call
  readonly characters: number
}

/** The latest calls since the reset: up to 100,000, or fewer if their parameters exceed 64 Mi characters. */
export class CallLog {
  #entries: Entry[] = []
  #characters = 0

  reset(): void {
    this.#entries = []
    this.#characters = 0
  }

  /** Oldest first. */
  calls(): Call[] {
    return this.#entries.slice(-MAX_CALLS).map(({ call }) => call)
  }

  add(call: Call): void {
    const characters = Object.values(call.params).reduce((sum, value) => sum + value.length, 0)
    this.#entries.push({ call, characters })
    this.#characters += characters
    if (this.#entries.length > MAX_CALLS + SPARE_CALLS) this.#drop(SPARE_CALLS)
    if (this.#characters > MAX_CHARACTERS) this.#drop(Math.ceil(this.#entries.length / 10))
  }

  #drop(oldest: number): void {
    for (const { characters } of this.#entries.splice(0, oldest)) this.#characters -= characters
  }
}

const ONE_LEAD = new Set([
  'update_lead',
  'add_lead',
  'lead_all_info',
  'lead_field_info',
  'lead_callback_info'
])

/** How many leads a call names. */
export function countLeads(functionName: string, { values }: RequestParameters): number {
  const items = (name: string) => (values.get(name) ?? '').split(',').filter((item) => item !== '').length
  if (ONE_LEAD.has(functionName)) return 1
  if (functionName === 'batch_update_lead' || functionName === 'hopper_bulk_insert') return items('lead_ids')
  if (functionName === 'lead_search') return Math.max(items('vendor_lead_code'), items('phone_number'))
  return 0
}
