import type { Changes } from '../../leads/changes.ts'

/** How tasks are put into calls. */
export interface CallRules {
  readonly maxLeadsPerCall: number
  /** `leads_data` carries values for each lead, so leads with different changes can share a call. */
  readonly dialect: 'lead_ids' | 'leads_data'
}

/**
 * The batch key of an update: leads whose updates have equal ones may share a call.
 * @param source VICIdial's `source`, which a call has once
 */
export function batchKeyOf(changes: Changes, source: string, { dialect }: CallRules): string {
  const hasOwnValues = dialect === 'leads_data' && changes.condition === undefined
  return `${source} ${hasOwnValues ? changes.function : changes.key}`
}
