/** A configuration that cannot be used. */
export class ConfigError extends Error {
  /** One line for each fault. None quotes a secret. */
  readonly faults: readonly string[]

  constructor(faults: readonly string[]) {
    const count = faults.length === 1 ? 'a fault' : `${faults.length} faults`
    super(`The configuration has ${count}:\n${faults.map((fault) => `  - ${fault}`).join('\n')}`)
    this.name = 'ConfigError'
    this.faults = faults
  }
}

/**
 * Notes a fault of the gateway file. `pointer` is a JSON Pointer into the file; `what` ends a sentence about that
 * part of it. `at` is a JSON Pointer of the place to look at, if it is another. No fault quotes a secret.
 */
export type NoteFault = (pointer: string, what: string, at?: string) => void

/** An entry of a list in the gateway file, with its JSON Pointer. */
export interface Listed<Entry> {
  readonly pointer: string
  readonly entry: Entry
}
