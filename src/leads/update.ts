import type { Addition } from './adding/addition.ts'
import type { Changes } from './changes.ts'
import type { LeadKey } from './lead-key.ts'
import type { PointedRefusal } from './refusal.ts'
import type { OnMultiple } from './update-options.ts'

/** An update that can be sent: it names one lead and valid changes. `index` is its position in the request. */
export interface Update {
  readonly index: number
  readonly key: LeadKey
  readonly onMultiple: OnMultiple
  /** How many leads `newest` changes. Default: 1. */
  readonly newest?: number
  /** Default: `collation`. */
  readonly keyMatch?: 'exact'
  readonly changes: Changes
  /** The lead to add if none has the key. */
  readonly addition?: Addition
  /** Whether a lead that has the key is left as it is, and refuses the update. */
  readonly mustBeNew?: true
}

/** An update that was rejected. `key` is undefined if it could not be read. */
export interface RejectedUpdate {
  readonly index: number
  readonly key: LeadKey | undefined
  readonly refusals: readonly PointedRefusal[]
}
