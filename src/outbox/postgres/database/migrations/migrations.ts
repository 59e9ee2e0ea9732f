import { CLUSTER } from './cluster.ts'
import { OPERATIONS } from './operations.ts'
import { OUTBOX } from './outbox.ts'

/** One change of the schema. */
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
  { sql: OPERATIONS, oldestCompatible: 1 }
]

/** The newest version of the schema that this gateway knows. */
export const NEWEST_SCHEMA = MIGRATIONS.length
