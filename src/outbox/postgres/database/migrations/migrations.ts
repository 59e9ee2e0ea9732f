import { CLUSTER } from './cluster.ts'
import { HISTORY_SEARCHES, OPERATIONS } from './operations.ts'
import { OUTBOX } from './outbox.ts'

/**
 * One change of the schema, made in a transaction of its own. It should read or lock only one large table: a settlement
 * that has locked `updates` and waits for `history` would be in a circle with a change that does it the other way round.
 */
export interface Migration {
  readonly sql: string
  /**
   * The oldest schema version whose gateways can still work beside this one. A migration that only adds is compatible
   * with the version before, so gateways can be upgraded one after the other.
   */
  readonly oldestCompatible: number
}

/** The versions of the schema, oldest first: version 1 is the first one. Never change one that was released. */
export const MIGRATIONS: readonly Migration[] = [
  { sql: OUTBOX, oldestCompatible: 1 },
  { sql: CLUSTER, oldestCompatible: 1 },
  { sql: OPERATIONS, oldestCompatible: 1 },
  { sql: HISTORY_SEARCHES, oldestCompatible: 1 }
]

/** The newest version of the schema that this gateway knows. */
export const NEWEST_SCHEMA = MIGRATIONS.length
