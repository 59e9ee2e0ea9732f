import type { Term } from '../../../src/outbox/postgres/owned-queue.ts'
import { PostgresOutbox, type PostgresOptions } from '../../../src/outbox/postgres/postgres-outbox.ts'
import type { Tester } from '../../helper.ts'
import { newDatabase, newPool } from '../../postgres.ts'

/** An outbox on a database of its own; another process could open it too. */
export interface OpenedPostgres {
  readonly url: string
  readonly outbox: PostgresOutbox
  readonly isOrdered: false
  /** Closes it, and opens and takes what it has stored. */
  reopen(): Promise<PostgresOutbox>
  close(): Promise<void>
  /** Another outbox on the database, which does not own the queue. */
  openAnother(): Promise<PostgresOutbox>
  /** Makes a gateway the owner, as the lease does. */
  elect(gateway: string): Promise<Term>
}

/** Longer than the busiest machine takes for a statement. */
const PATIENT = { queryTimeoutMs: 120_000, connectTimeoutMs: 120_000 }

/** Opens an outbox that owns the queue, until the test ends. */
export async function openPostgres(
  t: Tester,
  given: Omit<PostgresOptions, 'url'> = {}
): Promise<OpenedPostgres> {
  const options = { ...PATIENT, ...given }
  const url = await newDatabase()
  const outbox = await PostgresOutbox.open({ ...options, url })
  const pool = newPool(t, url)
  const elect = async (gateway: string): Promise<Term> => {
    const { rows } = await pool.query<{ term: number }>(
      'UPDATE owner SET term = term + 1, gateway = $1 RETURNING term::int',
      [gateway]
    )
    return { gateway, term: rows[0]?.term ?? 0 }
  }
  await outbox.queue.take(await elect('one'))
  let latest = outbox
  const close = () => latest.close()
  t.teardown(close)
  return {
    url,
    close,
    outbox,
    isOrdered: false,
    elect,
    reopen: async () => {
      await latest.close()
      latest = await PostgresOutbox.open({ ...options, url })
      await latest.queue.take(await elect('one'))
      return latest
    },
    openAnother: async () => {
      const another = await PostgresOutbox.open({ ...options, url })
      t.teardown(() => another.close())
      return another
    }
  }
}
