import type { EndedUpdates } from '../../telemetry/observer.ts'

/** The groups of results on the operations page. `refused`: by the gateway, or because there is no such lead. */
export const KINDS = ['updated', 'read', 'refused', 'failed'] as const
export type Kind = (typeof KINDS)[number]

/** Cancelled updates are not counted. */
const KIND_OF: Readonly<Partial<Record<EndedUpdates['status'], Kind>>> = {
  updated: 'updated',
  added: 'updated',
  // Newer updates have set all of its fields, so nothing was left to do.
  superseded: 'updated',
  read: 'read',
  incomplete: 'read',
  rejected: 'refused',
  not_found: 'refused',
  ambiguous: 'refused',
  failed: 'failed',
  unknown: 'failed',
  dead_lettered: 'failed'
}

/** The updates that ended in one span of time: a bar of the chart. */
export interface Slot extends Readonly<Record<Kind, number>> {
  /** When it began, in milliseconds since the epoch. */
  readonly at: number
}

/** An error code of updates, or `stored_differs` of those that were made, and how often it occurred. */
export interface Reason {
  readonly code: string
  readonly kind: Kind
  readonly count: number
}

/** What has ended in a range of time. */
export interface Traffic {
  /** Oldest first, without a gap. */
  readonly slots: readonly Slot[]
  /** Most frequent first. */
  readonly reasons: readonly Reason[]
}

/** The reason of an update that was made, but of which VICIdial holds something else. */
export const STORED_DIFFERS = 'stored_differs'

/** The group of a status; undefined if it is not counted. */
export function kindOf(status: EndedUpdates['status']): Kind | undefined {
  return KIND_OF[status]
}

/** Why updates ended as they did; undefined if there is nothing to say. */
export function reasonOf({
  code,
  verification
}: Pick<EndedUpdates, 'code' | 'verification'>): string | undefined {
  return verification === 'differs' ? STORED_DIFFERS : code
}

/** Adds up reasons, the most frequent first. */
export function sumOfReasons(reasons: Iterable<Reason>): Reason[] {
  const total = new Map<string, Reason>()
  for (const { code, kind, count } of reasons)
    total.set(code, { code, kind, count: count + (total.get(code)?.count ?? 0) })
  return [...total.values()].toSorted((a, b) => b.count - a.count)
}
