import { isObject } from '../../../leads/is-object.ts'
import type { Row } from '../input/row.ts'
import type { ColumnTarget, KnownFields } from './column-target.ts'
import { type CellText, CellValues } from './cell-values.ts'
import { distinctNames } from './column-names.ts'
import { findRemedy, type Mapping, type ReadColumns, readColumns, readSet, type Targets } from './mapping.ts'
import { NOTE_COLUMNS, type Reason } from './reject.ts'

/** An update for the API. The gateway validates it. */
export type RowUpdate = Record<string, unknown>

/** A row as an update, or why it can't be one. */
export type ReadRow = { readonly update: RowUpdate } | { readonly reason: Reason }
/** A row that changes nothing on purpose, and needs no update. */
export interface IgnoredRow {
  readonly isIgnored: true
}

/** Turns rows into updates. */
export interface Rows {
  readAll(rows: readonly Row[]): Promise<readonly (ReadRow | IgnoredRow)[]>
  /**
   * Sentences about rows that may not be meant as they are written.
   * @param notFound rows whose lead VICIdial doesn't have
   */
  notes(notFound: number): string[]
}

/** How many shapes of objects are cached. Objects of further shapes are analyzed one by one. */
const MAX_SHAPES = 1_000
const TRUE = /^(true|yes|y|1)$/i
const FALSE = /^(false|no|n|0)$/i

/** Turns rows into updates by their columns. */
export class RowReader implements Rows {
  readonly #mapping: Mapping
  readonly #known: KnownFields
  readonly #header: Targets | undefined
  readonly #set: readonly [target: ColumnTarget, value: string][]
  /** Columns by the joined names of an object's members. */
  readonly #shapes = new Map<string, ReadColumns>()
  #values: CellValues
  /** Faults of the header or the options, as sentences. With any, no row may be read. */
  readonly faults: readonly string[]
  /** Options to add, with which the header would have no fault. */
  readonly remedy: readonly string[] | undefined

  constructor(header: readonly string[] | undefined, mapping: Mapping, known: KnownFields) {
    this.#mapping = mapping
    this.#known = known
    const faults: string[] = []
    this.#set = readSet({ mapping, known }, faults)
    const names = header && distinctNames(header)
    const columns = names && readColumns(names, { mapping, known }, true)
    if (columns !== undefined && 'faults' in columns) faults.push(...columns.faults)
    faults.push(...unusedPrefixes(mapping, columns))
    this.remedy = names && faults.length > 0 ? findRemedy(names, { mapping, known }) : undefined
    this.#values = new CellValues(mapping)
    this.#header = columns !== undefined && 'targets' in columns ? columns.targets : undefined
    this.faults = faults
  }

  async readAll(rows: readonly Row[]): Promise<readonly ReadRow[]> {
    return rows.map((row) => this.read(row))
  }

  /** Reads a row. Never throws, for any row. */
  read({ value, fault }: Row): ReadRow {
    if (fault !== undefined) return reject('row_malformed', fault)
    if (this.#header !== undefined) return this.#assemble(this.#header, value as readonly string[])
    if (!isObject(value)) return reject('row_malformed', 'The row is not an object.')
    if (isObject(value['fields']) || isObject(value['custom_fields'])) return this.#asUpdate(value)
    const columns = this.#shape(Object.keys(value))
    if ('faults' in columns) return reject('columns_unclear', columns.faults.join(' '))
    return this.#assemble(columns.targets, Object.values(value))
  }

  /** Reads a row that is read again later, without a note of its cells. */
  peek(row: Row): ReadRow {
    const read = this.read(row)
    this.#values = new CellValues(this.#mapping)
    return read
  }

  /** Columns without a name that have a value in a row. */
  unnamedWithValue({ value, fault }: Row): readonly string[] {
    if (fault !== undefined || this.#header === undefined) return []
    const cells = value as readonly string[]
    return this.#header.flatMap((target, index) =>
      target?.kind === 'unnamed' && (cells[index] ?? '').trim() !== '' ? [target.name] : []
    )
  }

  /** Options to add, with which an object's members would have no fault. */
  remedyOf({ value }: Row): readonly string[] | undefined {
    const context = { mapping: this.#mapping, known: this.#known }
    return isObject(value) ? findRemedy(Object.keys(value), context) : undefined
  }

  notes(notFound: number): string[] {
    return this.#values.notes(notFound)
  }

  #shape(names: readonly string[]): ReadColumns {
    const shape = names.join('\n')
    const cached = this.#shapes.get(shape)
    if (cached !== undefined) return cached
    const columns = readColumns(names, { mapping: this.#mapping, known: this.#known }, false)
    if (this.#shapes.size < MAX_SHAPES) this.#shapes.set(shape, columns)
    return columns
  }

  /** An object in the API's own shape: sent unchanged, plus the values of `--set`. */
  #asUpdate(value: Record<string, unknown>): ReadRow {
    const given = Object.entries(value).filter(([name]) => !NOTE_COLUMNS.includes(name))
    const update: RowUpdate = Object.fromEntries(given)
    if (this.#set.length > 0) {
      update['fields'] = isObject(value['fields']) ? { ...value['fields'] } : {}
      if (isObject(value['custom_fields'])) update['custom_fields'] = { ...value['custom_fields'] }
      for (const [target, text] of this.#set) put(update, target, text)
    }
    return { update }
  }

  #assemble(targets: Targets, cells: readonly unknown[]): ReadRow {
    const update: RowUpdate = {}
    const { emptyClears } = this.#mapping
    for (let index = 0; index < targets.length; index++) {
      const target = targets[index]
      if (target === undefined) continue
      const cell = cells[index]
      if (typeof cell === 'object' && cell !== null) {
        const detail = `${target.name} must be text or a number, not an object or a list.`
        return reject('field_invalid', detail, target.name)
      }
      if (typeof cell === 'boolean' && target.kind !== 'option')
        return reject('field_invalid', `${target.name} must be text or a number, not ${cell}.`, target.name)
      const read = this.#cell(target, cell as string | number | boolean | null | undefined)
      if ('detail' in read) return reject('field_invalid', read.detail, target.name)
      const { text } = read
      if (target.kind === 'unnamed') {
        if (text === '') continue
        const detail = `Column ${target.name} has no name, but this row has a value there: use --map or --ignore "${target.name}".`
        return reject('row_malformed', detail)
      }
      if (text !== '') put(update, target, text)
      else if (target.kind === 'key')
        return reject('key_missing', `The row names no lead: ${target.name} is empty.`, target.name)
      else if (emptyClears && target.kind !== 'option' && target.kind !== 'add') put(update, target, null)
    }
    for (const [target, text] of this.#set) put(update, target, text)
    return { update }
  }

  #cell(target: ColumnTarget, cell: string | number | boolean | null | undefined): CellText {
    const text = cell === null || cell === undefined ? '' : `${cell}`.trim()
    // 1e21 has other digits as text than it may have had in the input.
    if (typeof cell === 'number' && text.includes('e'))
      return { detail: `${target.name} is the number ${text}: write all its digits, in quotes.` }
    return text === '' ? { text } : this.#values.read(target.kind === 'add' ? target.of : target, text)
  }
}

/** Faults of `--strip-prefix` for names that no column has. */
function unusedPrefixes({ stripPrefix }: Mapping, columns: ReadColumns | undefined): string[] {
  if (columns === undefined || 'faults' in columns) return []
  return Object.keys(stripPrefix)
    .filter((name) => columns.targets.every((target) => target?.name !== name))
    .map((name) => `--strip-prefix ${name}: no column is ${name}.`)
}

/** A row that can't be sent. */
export function reject(code: string, detail: string, field?: string): { reason: Reason } {
  return { reason: { status: 'rejected', code, detail, ...(field === undefined ? {} : { field }) } }
}

function put(update: RowUpdate, target: ColumnTarget, text: string | null): void {
  switch (target.kind) {
    case 'key':
      update[target.name] = text
      return
    case 'option':
      update[target.name] =
        text !== null && TRUE.test(text) ? true : text !== null && FALSE.test(text) ? false : text
      return
    case 'unnamed':
      return
    case 'add':
      putInAdd(update, target.of, text)
      return
    case 'custom':
      putIn(update, 'custom_fields', target.name, text)
      return
    case 'field':
      putIn(update, 'fields', target.name, text !== null && target.type === 'number' ? numberOf(text) : text)
  }
}

/** The members of `add` itself; all other fields are under its `fields`. */
const MEMBERS_OF_ADD: ReadonlySet<string> = new Set(['list_id', 'phone_code', 'phone_number'])

function putInAdd(update: RowUpdate, target: ColumnTarget, text: string | null): void {
  const add = (update['add'] ??= {}) as RowUpdate
  if (MEMBERS_OF_ADD.has(target.name)) add[target.name] = text
  else put(add, target.kind === 'key' ? { kind: 'field', name: target.name, type: 'text' } : target, text)
}

function putIn(update: RowUpdate, part: 'fields' | 'custom_fields', name: string, value: unknown): void {
  const values = (update[part] ??= {}) as Record<string, unknown>
  values[name] = value
}

/** Digits that a number holds for sure. */
const SAFE_DIGITS = 15

/** The gateway accepts such fields as numbers only. Other text is sent unchanged, for the gateway to reject. */
function numberOf(text: string): number | string {
  const number = Number(text)
  return Number.isFinite(number) && text.length <= SAFE_DIGITS ? number : text
}
