import { hash } from 'node:crypto'
import { readMappingFile } from '../../../config/webhooks/read-mapping-file.ts'
import { isObject } from '../../../leads/is-object.ts'
import { echo } from '../../../leads/refusal.ts'
import { Evaluator } from '../../../webhooks/mapping/evaluator.ts'
import type { MappingFault } from '../../../webhooks/mapping/mapped-payload.ts'
import { expressionsOf, type MappingDefinition } from '../../../webhooks/mapping/mapping-definition.ts'
import type { MappedRow } from '../../../webhooks/mapping/rows.ts'
import { PushFailure, PushStopped } from '../errors.ts'
import type { Row } from '../input/row.ts'
import { rowCount } from './cell-values.ts'
import { distinctNames } from './column-names.ts'
import type { KnownFields } from './column-target.ts'
import { NOTE_COLUMNS, type Reason } from './reject.ts'
import { type IgnoredRow, type ReadRow, reject, type Rows } from './row-reader.ts'

/** How many rows go to the thread at once. Between them an interrupted push ends. */
const ROWS_AT_ONCE = 100

/** Turns rows into updates by the expressions of a mapping, as for a webhook: each row is one event. */
export class MappedRows implements Rows {
  readonly #header: readonly string[] | undefined
  readonly #expressions: ReadonlyMap<string, string>
  readonly #evaluator: Evaluator
  readonly #signal: AbortSignal
  /** Names of the expressions for values that have given none so far. */
  readonly #silent: Set<string>
  #count = 0
  /** How many phone numbers begin with a plus. */
  #pluses = 0

  /**
   * @param signal ends what is being evaluated
   * @param payloadMs longest CPU time for `ROWS_AT_ONCE` rows
   */
  constructor(
    header: readonly string[] | undefined,
    definition: MappingDefinition,
    signal: AbortSignal,
    payloadMs?: number
  ) {
    this.#header = header && distinctNames(header)
    this.#expressions = new Map(expressionsOf(definition))
    this.#evaluator = new Evaluator(definition, undefined, payloadMs)
    this.#signal = signal
    this.#silent = new Set([...Object.keys(definition.fields), ...Object.keys(definition.customFields)])
  }

  /** @throws PushStopped if the signal ends it */
  async readAll(rows: readonly Row[]): Promise<readonly (ReadRow | IgnoredRow)[]> {
    const read: (ReadRow | IgnoredRow)[] = []
    for (let start = 0; start < rows.length; start += ROWS_AT_ONCE) {
      const some = rows.slice(start, start + ROWS_AT_ONCE).map((row) => this.#inputOf(row))
      const inputs = some.flatMap((one) => ('input' in one ? [one.input] : []))
      const mapped = (await this.#map(inputs)).values()
      for (const one of some) read.push('input' in one ? this.#rowOf(mapped.next().value ?? {}) : one)
    }
    return read
  }

  /** Sentences about expressions that never found anything, and phone numbers that find no lead. */
  notes(notFound: number): string[] {
    const notes: string[] = []
    if (this.#silent.size > 0 && this.#count > 0) {
      const columns = this.#header === undefined ? '' : ` The columns are ${this.#header.join(', ')}.`
      notes.push(`The mapping found a value in no row for ${[...this.#silent].join(', ')}.${columns}`)
    }
    if (this.#pluses > 0 && notFound > 0)
      notes.push(
        `phone_number begins with + in ${rowCount(this.#pluses)}. VICIdial has the country code in phone_code: ` +
          'remove it in the mapping.'
      )
    return notes
  }

  /** Ends the thread. */
  close(): Promise<void> {
    return this.#evaluator.stop()
  }

  /** What the expressions see of a row: an object. */
  #inputOf({ value, fault }: Row): ReadRow | { readonly input: Record<string, unknown> } {
    if (fault !== undefined) return reject('row_malformed', fault)
    const names = this.#header
    const members = names
      ? names.map((name, index): [string, unknown] => [name, (value as readonly string[])[index]])
      : isObject(value)
        ? Object.entries(value)
        : undefined
    if (members === undefined) return reject('row_malformed', 'The row is not an object.')
    return { input: Object.fromEntries(members.filter(([name]) => !NOTE_COLUMNS.includes(name))) }
  }

  /** Maps rows. One on which the thread has to be stopped fails only if it takes too much without those before it. */
  async #map(rows: readonly unknown[]): Promise<readonly MappedRow[]> {
    const mapped: MappedRow[] = []
    const interrupted = Promise.withResolvers<never>()
    const interrupt = () => {
      interrupted.reject(new PushStopped('It was interrupted.'))
    }
    interrupted.promise.catch(() => undefined)
    this.#signal.addEventListener('abort', interrupt)
    if (this.#signal.aborted) interrupt()
    try {
      let end = rows.length
      while (mapped.length < rows.length) {
        const some = rows.slice(mapped.length, end)
        const evaluation = await Promise.race([
          this.#evaluator.evaluateRows({ rows: some }),
          interrupted.promise
        ])
        end = rows.length
        if (!('reason' in evaluation)) mapped.push(...evaluation)
        else if (evaluation.item === undefined) mapped.push(...some.map(() => ({ fault: evaluation })))
        else if (evaluation.item === 0) mapped.push({ fault: evaluation })
        else end = mapped.length + evaluation.item
      }
      return mapped
    } finally {
      this.#signal.removeEventListener('abort', interrupt)
    }
  }

  #rowOf({ update, fault }: MappedRow): ReadRow | IgnoredRow {
    this.#count++
    if (fault !== undefined) return { reason: this.#reasonOf(fault) }
    if (update === undefined) return { isIgnored: true }
    const phone = update['phone_number']
    if (typeof phone === 'string' && phone.startsWith('+')) this.#pluses++
    for (const part of [update['fields'], update['custom_fields']])
      if (this.#silent.size > 0 && isObject(part)) for (const name in part) this.#silent.delete(name)
    return { update }
  }

  #reasonOf({ expression, reason }: MappingFault): Reason {
    const [group = '', ...names] = expression.split('.')
    const isOfLead = group === 'lead'
    const field = group === 'custom_fields' ? expression : names.join('.')
    const detail = `${expression} ${reason}. The expression is: ${echo(this.#expressions.get(expression) ?? '')}`
    const code = isOfLead && reason.startsWith('finds nothing') ? 'key_missing' : 'field_invalid'
    return { status: 'rejected', code, detail, ...(field === '' ? {} : { field }) }
  }
}

/** A mapping from a file, and a hash of what it says. */
export interface FileMapping {
  readonly definition: MappingDefinition
  readonly hash: string
}

/** @throws PushFailure with every fault of the file */
export function readFileMapping(path: string, { customFields }: KnownFields): FileMapping {
  const faults: string[] = []
  const definition = readMappingFile(path, new Set(customFields), faults)
  if (definition === undefined || faults.length > 0)
    throw new PushFailure(faults.map((fault) => `--mapping ${fault}`).join('\n'), 2)
  return { definition, hash: `sha256:${hash('sha256', textOf(definition)).slice(0, 16)}` }
}

/** A text that is another for every other mapping. */
function textOf(definition: MappingDefinition): string {
  return JSON.stringify(definition, (_, value: unknown) =>
    value instanceof Map || value instanceof Set ? [...value] : value
  )
}
