import type { Tables } from './database.ts'
import type { Changes, Leads } from './lead-table.ts'

/** How a server stores other values than it was sent. */
export interface Alteration {
  /** `cut`: the first half of a text, a number without its last digit. `changed`: another last character, a number more. */
  readonly kind: 'cut' | 'changed'
  /** The column or label that is concerned; undefined: every text. */
  readonly field?: string
}

type Value = string | number

/** Leads whose values are altered when they are written. */
export function alteredLeads(leads: Leads, alteration: Alteration): Leads {
  return {
    get: (id) => leads.get(id),
    others: (id) => leads.others(id),
    find: (...key) => leads.find(...key),
    scan: () => leads.scan(),
    update: (ids, changes) => leads.update(ids, altered(changes, alteration)),
    insert: (lead, at) => leads.insert({ ...lead, ...altered(lead, alteration) }, at),
    delete: (id) => leads.delete(id)
  }
}

/** Custom tables whose values are altered when they are written. */
export function alteredCustomTables(
  tables: Tables['customTables'],
  alteration: Alteration
): Tables['customTables'] {
  return {
    labels: (listId) => tables.labels(listId),
    row: (listId, leadId) => tables.row(listId, leadId),
    update: (listId, leadId, values, connection) => {
      const texts = [...values].map(
        ([label, text]) => [label, String(alter(label, text, alteration))] as const
      )
      return tables.update(listId, leadId, new Map(texts), connection)
    },
    delete: (listId, leadId) => tables.delete(listId, leadId)
  }
}

function altered(changes: Changes, alteration: Alteration): Changes {
  const columns: Record<string, Value> = {}
  for (const [column, value] of Object.entries(changes)) columns[column] = alter(column, value, alteration)
  return columns
}

function alter(name: string, value: Value, { kind, field }: Alteration): Value {
  const isConcerned = field === undefined ? typeof value === 'string' : name === field
  if (!isConcerned) return value
  if (typeof value === 'number') return kind === 'cut' ? Math.trunc(value / 10) : value + 1
  return kind === 'cut' ? value.slice(0, Math.floor(value.length / 2)) : withOtherEnd(value)
}

function withOtherEnd(text: string): string {
  return `${text.slice(0, -1)}${text.endsWith('?') ? '!' : '?'}`
}
