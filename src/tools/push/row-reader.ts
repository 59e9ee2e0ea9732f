import { isObject } from '../../leads/is-object.ts'
import type { Catalogue } from './catalogue.ts'
import { type Mapping, readColumns, readSet, type Targets } from './mapping.ts'
import { NOTES, type Reason } from './reject.ts'
import type { Row } from './row.ts'
import type { Target } from './target.ts'

/** An update as the API takes it; what is in it the gateway judges. */
export type RowUpdate = Record<string, unknown>

/** A row as an update, or why it cannot be one. */
export type ReadRow = { readonly update: RowUpdate } | { readonly reason: Reason }

/** Rows whose objects have so many different shapes are read one by one. */
const MAX_SHAPES = 1_000
const TRUE = /^(true|yes|y|1)$/i
const FALSE = /^(false|no|n|0)$/i

/** Makes updates of rows. */
export class RowReader {
  readonly #mapping: Mapping
  readonly #catalogue: Catalogue
  readonly #header: Targets | undefined
  readonly #set: readonly [target: Target, value: string][]
  /** By the names of an object's members, joined. */
  readonly #shapes = new Map<string, ReturnType<typeof readColumns>>()
  /** What is wrong with the header or the options, in sentences: then nothing may be read. */
  readonly faults: readonly string[]

  constructor(header: readonly string[] | undefined, mapping: Mapping, catalogue: Catalogue) {
    this.#mapping = mapping
    this.#catalogue = catalogue
    const faults: string[] = []
    this.#set = readSet({ mapping, catalogue }, faults)
    const columns = header && readColumns(header, { mapping, catalogue }, true)
    if (columns !== undefined && 'faults' in columns) faults.push(...columns.faults)
    this.#header = columns !== undefined && 'targets' in columns ? columns.targets : undefined
    this.faults = faults
  }

  /** Never throws, whatever the row is. */
  read({ value, fault }: Row): ReadRow {
    if (fault !== undefined) return refuse('row_malformed', fault)
    if (this.#header !== undefined) return this.#assemble(this.#header, value as readonly string[])
    if (!isObject(value)) return refuse('row_malformed', 'The row is no object.')
    if (isObject(value['fields']) || isObject(value['custom_fields'])) return this.#asUpdate(value)
    const columns = this.#shape(Object.keys(value))
    if ('faults' in columns) return refuse('columns_unclear', columns.faults.join(' '))
    return this.#assemble(columns.targets, Object.values(value))
  }

  #shape(names: readonly string[]): ReturnType<typeof readColumns> {
    const shape = names.join('\n')
    const known = this.#shapes.get(shape)
    if (known !== undefined) return known
    const rules = { mapping: this.#mapping, catalogue: this.#catalogue }
    const columns = readColumns(names, rules, false)
    if (this.#shapes.size < MAX_SHAPES) this.#shapes.set(shape, columns)
    return columns
  }

  /** An update of the API's own shape: taken as it is, with what `--set` gives. */
  #asUpdate(value: Record<string, unknown>): ReadRow {
    const given = Object.entries(value).filter(([name]) => !NOTES.includes(name))
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
    for (let place = 0; place < targets.length; place++) {
      const target = targets[place]
      if (target === undefined) continue
      const cell = cells[place]
      if (typeof cell === 'object' && cell !== null) {
        const detail = `${target.name} holds an object or a list; it takes a text or a number.`
        return refuse('field_invalid', detail, target.name)
      }
      const text = cell === null || cell === undefined ? '' : `${cell as string | number | boolean}`
      if (text.trim() !== '') put(update, target, text)
      else if (target.kind === 'key')
        return refuse('key_missing', `The row names no lead: ${target.name} is empty.`, target.name)
      else if (emptyClears && target.kind !== 'option') put(update, target, null)
    }
    for (const [target, text] of this.#set) put(update, target, text)
    return { update }
  }
}

function refuse(code: string, detail: string, field?: string): { reason: Reason } {
  return { reason: { status: 'rejected', code, detail, ...(field === undefined ? {} : { field }) } }
}

function put(update: RowUpdate, target: Target, text: string | null): void {
  switch (target.kind) {
    case 'key':
      update[target.name] = text
      return
    case 'option':
      update[target.name] =
        text !== null && TRUE.test(text) ? true : text !== null && FALSE.test(text) ? false : text
      return
    case 'custom':
      putIn(update, 'custom_fields', target.name, text)
      return
    case 'field':
      putIn(update, 'fields', target.name, text !== null && target.type === 'number' ? numberOf(text) : text)
  }
}

function putIn(update: RowUpdate, part: 'fields' | 'custom_fields', name: string, value: unknown): void {
  const values = (update[part] ??= {}) as Record<string, unknown>
  values[name] = value
}

/** The gateway takes numbers of this kind as numbers only; what is none it shall refuse as it stands. */
function numberOf(text: string): number | string {
  const number = Number(text)
  return Number.isFinite(number) ? number : text
}
