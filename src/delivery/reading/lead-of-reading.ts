import type { Lead } from '../../../schemas/read.ts'
import { COLUMN_BY_NAME, columnValue, customValue, type LeadValue } from '../../leads/reading/lead-columns.ts'
import { customName, type LeadRead } from '../../leads/reading/lead-read.ts'
import type { Condition } from '../../leads/changes.ts'
import type { Reading } from '../outcome.ts'
import { entityTag, taggedFields } from './entity-tag.ts'

/** A lead as it was read, in the API's types. */
export function leadOf({ lead, values, unread }: Reading, { fields, customFields }: LeadRead): Lead {
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
  const names = [...fields, ...customFields.map(customName)]
  const missing = names.flatMap((field) => {
    const detail = unread[field]
    return detail === undefined ? [] : [{ field, detail }]
  })
  return {
    lead_id: lead,
    fields: columns,
    ...(hasCustom ? { custom_fields: custom } : {}),
    ...(missing.length > 0 ? { unread: missing } : {}),
    ...(missing.length === 0 ? { etag: entityTag(lead, columns, hasCustom ? custom : undefined) } : {})
  }
}

/** Whether a lead is as a condition wants it. */
export function meets(reading: Reading, { tags, customFields }: Condition): boolean {
  return tags.some((tag) => {
    const { fields = [], hasCustomFields = false } = taggedFields(tag) ?? {}
    return leadOf(reading, { fields, customFields: hasCustomFields ? customFields : [] }).etag === tag
  })
}
