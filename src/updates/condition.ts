import { taggedFields } from '../delivery/reading/entity-tag.ts'
import type { Condition } from '../leads/changes.ts'
import { type LeadRead, readSelection, type ReadRules } from '../leads/reading/lead-read.ts'

/**
 * The condition that a lead has one of some entity tags; undefined if none of them can be its own. A caller has no tag
 * of fields that it may not read.
 */
export function conditionOf(tags: readonly string[], rules: ReadRules): Condition | undefined {
  const known = new Map<string, LeadRead>()
  for (const tag of tags) {
    const read = readOf(tag, rules)
    if (read !== undefined) known.set(tag, read)
  }
  if (known.size === 0) return undefined
  const unique = (names: readonly string[]) => [...new Set(names)]
  const reads = [...known.values()]
  return {
    tags: [...known.keys()],
    fields: unique(reads.flatMap(({ fields }) => fields)),
    customFields: unique(reads.flatMap(({ customFields }) => customFields))
  }
}

function readOf(tag: string, rules: ReadRules): LeadRead | undefined {
  const tagged = taggedFields(tag)
  if (tagged === undefined) return undefined
  const { fields, hasCustomFields: customFields } = tagged
  const read = readSelection({ fields: ['lead_id', ...fields], customFields }, rules)
  return Array.isArray(read) ? undefined : read
}
