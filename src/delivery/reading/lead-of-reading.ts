import { createHash } from 'node:crypto'
import type { Lead } from '../../../schemas/read.ts'
import { COLUMN_BY_NAME, columnValue, customValue, type LeadValue } from '../../leads/reading/lead-columns.ts'
import { customName, type LeadRead } from '../../leads/reading/lead-read.ts'
import type { Reading } from '../outcome.ts'

/** A lead as it was read, in the API's types. */
export function leadOf({ lead, values, unread }: Reading, { fields, customFields, isWhole }: LeadRead): Lead {
  const columns: Record<string, LeadValue> = {}
  for (const name of fields) {
    const column = COLUMN_BY_NAME.get(name)
    const text = values[name]
    const value = column && text !== undefined ? columnValue(column, text) : undefined
    if (value !== undefined) columns[name] = value
  }
  const custom: Record<string, string | null> = {}
  for (const label of customFields) {
    const text = values[customName(label)]
    if (text !== undefined) custom[label] = customValue(text)
  }
  const hasCustom = customFields.length > 0
  const missing = Object.entries(unread).map(([field, detail]) => ({ field, detail }))
  return {
    lead_id: lead,
    fields: columns,
    ...(hasCustom ? { custom_fields: custom } : {}),
    ...(missing.length > 0 ? { unread: missing } : {}),
    ...(isWhole && missing.length === 0
      ? { etag: entityTag(lead, columns, hasCustom ? custom : undefined) }
      : {})
  }
}

/** In characters of base64url, six bits each. */
const TAG_LENGTH = 22
/** Begins a tag of columns alone, and one of columns and custom fields. */
const TAG = { columns: 'l', all: 'c' } as const

function entityTag(lead: number, columns: object, custom: object | undefined): string {
  const hash = createHash('sha256').update(JSON.stringify([lead, columns, custom ?? null]))
  const kind = custom === undefined ? TAG.columns : TAG.all
  return `"${kind}${hash.digest('base64url').slice(0, TAG_LENGTH)}"`
}

/** Whether an entity tag is one of a reading with custom fields. */
export function hasCustomFields(etag: string): boolean {
  return etag.startsWith(`"${TAG.all}`)
}
