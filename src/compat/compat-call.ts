import type { AddedLead } from './addition.ts'
import type { RequestedChanges } from './fields.ts'

/** A call in the form of VICIdial's API, or of the tutorials about it, and the batch requests that mean the same. */
export interface CompatCall {
  readonly function: CompatFunction
  /** How the leads are identified; `search` is the way of `update_lead`. */
  readonly form: 'leads_data' | 'lead_ids' | 'search' | 'add'
  /** The keys that a search uses, each in its place: lead id, vendor code, phone number. */
  readonly searched?: readonly string[]
  /** How many of the leads that a search finds are updated, the newest first. */
  readonly records?: number
  /** Whether the call has a phone number that stays unchanged, as VICIdial changes it only if asked. */
  readonly keepsPhone?: boolean
  readonly source: string | undefined
  /** Bodies of batch requests, without `source`: each is tried only if the one before found no lead. */
  readonly requests: readonly BatchRequest[]
  /** The lead to add if it is new, in place of requests. */
  readonly newLead?: Readonly<Record<string, unknown>>
  /** Present if the call may add a lead. */
  readonly added?: AddedLead
}

/** A batch request: of leads with the same changes, or of updates. */
export type BatchRequest = (RequestedChanges & { readonly lead_ids: readonly unknown[] }) | LongRequest
export interface LongRequest {
  readonly updates: readonly unknown[]
  readonly reset_called?: unknown
  readonly allow_undefined_list?: unknown
}

export type CompatFunction = 'batch_update_lead' | 'update_lead' | 'add_lead'
export const FUNCTIONS: readonly CompatFunction[] = ['batch_update_lead', 'update_lead', 'add_lead']
