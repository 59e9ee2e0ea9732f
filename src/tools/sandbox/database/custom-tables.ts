import { storeOption } from './column-types.ts'
import type { Connection } from './connection.ts'
import type { CustomField, Fixture } from './fixture.ts'
import { storeDate } from './store-date.ts'
import { storeTime } from './store-time.ts'

const RECORDED_FIELDS: NonNullable<Fixture['custom_fields']> = { '101': ['favorite_color'] }
const TEXT_MAX_BYTES = 65_535
const DEFAULT_LENGTH = 255

type Row = Readonly<Record<string, string>>

/**
 * The custom-field tables, one for each list that has custom fields.
 *
 * For a fixture without `custom_values`, values stored here stay for the life of the sandbox, as in the older recordings:
 * a value written in one exchange counts as unchanged in a later one (`update/custom-fields-disabled`, then
 * `update/custom-fields-and-status`).
 */
export class CustomTables {
  /** Those that have a column. */
  readonly #fields = new Map<number, readonly CustomField[]>()
  readonly #rows = new Map<number, Map<number, Row>>()
  readonly #values: Fixture['custom_values']

  constructor(fields: Fixture['custom_fields'] = RECORDED_FIELDS, values?: Fixture['custom_values']) {
    this.#values = values
    for (const [listId, listFields] of Object.entries(fields)) {
      const described = listFields.map((field): CustomField =>
        typeof field === 'string' ? { label: field } : field
      )
      this.#fields.set(Number(listId), described.filter(hasColumn))
      this.#rows.set(Number(listId), new Map())
    }
    this.reset()
  }

  /** Restores the fixture's values, if it has any. */
  reset(): void {
    if (this.#values === undefined) return
    for (const [listId, rows] of this.#rows) {
      const restored = Object.entries(this.#values[listId] ?? {})
      rows.clear()
      for (const [leadId, row] of restored) rows.set(Number(leadId), { ...this.#defaults(listId), ...row })
    }
  }

  /** The labels that have a column in the list's table; undefined if it has no table. */
  labels(listId: number): string[] | undefined {
    return this.#fields.get(listId)?.map(({ label }) => label)
  }

  /** What is stored of a lead; undefined if the table has no row of it. */
  row(listId: number, leadId: number): Row | undefined {
    return this.#rows.get(listId)?.get(leadId)
  }

  /** The rows of all tables, by list id and lead id. */
  all(): Record<string, Record<string, Row>> {
    return Object.fromEntries([...this.#rows].map(([listId, rows]) => [listId, Object.fromEntries(rows)]))
  }

  /** @returns the number of changed rows: 1 for a new row or a different value, else 0 */
  update(listId: number, leadId: number, values: ReadonlyMap<string, string>, connection: Connection): 0 | 1 {
    const rows = this.#rows.get(listId)
    if (rows === undefined) return 0
    const before = rows.get(leadId)
    const after: Record<string, string> = { ...(before ?? this.#defaults(listId)) }
    for (const field of this.#fields.get(listId) ?? []) {
      const value = values.get(field.label)
      if (value !== undefined) after[field.label] = store(field, value, connection)
    }
    if (before !== undefined && Object.entries(after).every(([label, value]) => before[label] === value))
      return 0
    rows.set(leadId, after)
    return 1
  }

  /** @returns the number of rows: 0 if the lead had no row */
  delete(listId: number, leadId: number): 0 | 1 {
    return this.#rows.get(listId)?.delete(leadId) ? 1 : 0
  }

  #defaults(listId: number): Row {
    const fields = this.#fields.get(listId) ?? []
    return Object.fromEntries(fields.map(({ label, default: value = '' }) => [label, value]))
  }
}

function hasColumn({ type }: CustomField): boolean {
  return type !== 'DISPLAY' && type !== 'SCRIPT'
}

/** What the column of a field holds; VICIdial makes it from the field's type. */
function store({ type, options = [], max }: CustomField, text: string, connection: Connection): string {
  switch (type) {
    case 'DATE':
      return storeDate(text)
    case 'TIME':
      return storeTime(text)
    case 'SELECT':
    case 'RADIO':
      return storeOption(text, options)
    case 'MULTI':
    case 'CHECKBOX':
      return connection.store(text, options.map((option) => `'${option}'`).join(',').length)
    case 'AREA':
      return cutToBytes(connection.store(text, TEXT_MAX_BYTES), TEXT_MAX_BYTES)
    default:
      return connection.store(text, max ?? DEFAULT_LENGTH)
  }
}

function cutToBytes(text: string, bytes: number): string {
  return new TextDecoder().decode(Buffer.from(text).subarray(0, bytes), { stream: true })
}
