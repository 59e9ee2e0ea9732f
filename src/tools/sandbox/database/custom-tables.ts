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
 * A reset restores the leads only, as in the recordings; values stored here stay for the life of the sandbox. So a
 * value written in one exchange counts as unchanged in a later one (`update/custom-fields-disabled`, then
 * `update/custom-fields-and-status`).
 */
export class CustomTables {
  /** Those that have a column. */
  readonly #fields = new Map<number, readonly CustomField[]>()
  readonly #rows = new Map<number, Map<number, Row>>()

  constructor(fields: Fixture['custom_fields'] = RECORDED_FIELDS) {
    for (const [listId, listFields] of Object.entries(fields)) {
      const described = listFields.map((field): CustomField =>
        typeof field === 'string' ? { label: field } : field
      )
      this.#fields.set(Number(listId), described.filter(hasColumn))
      this.#rows.set(Number(listId), new Map())
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

/**
 * The column `entry_list_id` of the leads: the list whose custom table holds the lead's custom fields, or 0 if there
 * are none yet. The fixture doesn't set it.
 */
export class EntryLists {
  #lists = new Map<number, number>()

  reset(): void {
    this.#lists = new Map()
  }

  get(leadId: number): number {
    return this.#lists.get(leadId) ?? 0
  }

  set(leadId: number, listId: number): void {
    this.#lists.set(leadId, listId)
  }
}
