import type { FaultName } from './faults.ts'
import type { RequestParameters } from './request-parameters.ts'

/** One call received, as `GET /sandbox/calls` shows it. */
export interface Call {
  /** Empty if it was not sent, or if the connection was closed before the call was read. */
  readonly function: string
  /** As they came, by name, all but `pass`. */
  readonly params: Readonly<Record<string, string>>
  /** How many leads the call names: ids, or keys of a search. */
  readonly leads: number
  readonly method: string
  /** When it was read, as ISO 8601 in UTC. */
  readonly at: string
  /** From the request to the answer, in milliseconds; 0 while there is no answer. */
  ms: number
  /** 0 while there is no answer, and for ever if nothing was answered. */
  http_status: number
  readonly fault?: FaultName
}

const MOST_CALLS = 100_000
/** Long lists of leads reach this before they are 100,000 calls; it keeps the memory flat. */
const MOST_CHARACTERS = 64 * 1024 * 1024
/** The oldest calls are forgotten this many at a time, or each new call would move all others down. */
const SPARE_CALLS = 10_000

interface Entry {
  readonly call: Call
  readonly characters: number
}

/** The latest calls since the reset: 100,000, or fewer if their parameters have more than 64 Mi characters. */
export class CallLog {
  #entries: Entry[] = []
  #characters = 0

  reset(): void {
    this.#entries = []
    this.#characters = 0
  }

  /** Oldest first. */
  calls(): Call[] {
    return this.#entries.slice(-MOST_CALLS).map(({ call }) => call)
  }

  add(call: Call): void {
    const characters = Object.values(call.params).reduce((sum, value) => sum + value.length, 0)
    this.#entries.push({ call, characters })
    this.#characters += characters
    if (this.#entries.length > MOST_CALLS + SPARE_CALLS) this.#forget(SPARE_CALLS)
    if (this.#characters > MOST_CHARACTERS) this.#forget(Math.ceil(this.#entries.length / 10))
  }

  #forget(oldest: number): void {
    for (const { characters } of this.#entries.splice(0, oldest)) this.#characters -= characters
  }
}

/** How many leads a call names. */
export function countLeads(functionName: string, { values }: RequestParameters): number {
  const items = (name: string) => (values.get(name) ?? '').split(',').filter((item) => item !== '').length
  if (functionName === 'batch_update_lead') return items('lead_ids')
  if (functionName === 'update_lead') return 1
  if (functionName === 'lead_search') return Math.max(items('vendor_lead_code'), items('phone_number'))
  return 0
}
