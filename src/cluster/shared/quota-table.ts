import type { Pool } from 'pg'
import { WINDOW_SECONDS } from '../../callers/quota.ts'
import type { QuotaLedger, TakenShare } from '../../callers/shared-quota.ts'
import { StorageError } from '../../errors.ts'

interface QuotaRow {
  readonly granted: string
  readonly used: string
  readonly left_ms: number
}

/** What callers use at all gateways, in the table `quotas`. A minute begins with the first use. */
export class QuotaTable implements QuotaLedger {
  readonly #pool: Pick<Pool, 'query'>

  constructor(pool: Pick<Pool, 'query'>) {
    this.#pool = pool
  }

  async take(
    caller: string,
    unit: string,
    { need, want }: { readonly need: number; readonly want: number },
    perMinute: number
  ): Promise<TakenShare> {
    const { rows } = await this.#pool
      .query<QuotaRow>(
        `INSERT INTO quotas AS q (caller, unit, granted, used, ends_at)
         SELECT $1, $2, granted, granted, clock_timestamp() + $6 * interval '1 s'
         FROM (SELECT CASE WHEN $3::bigint > $5::bigint THEN 0 ELSE least($4::bigint, $5::bigint) END AS granted) AS first
         ON CONFLICT (caller, unit) DO UPDATE SET
           granted = CASE WHEN q.ends_at <= clock_timestamp() THEN excluded.granted
             WHEN $3 > $5 - q.used THEN 0 ELSE least($4, $5 - q.used) END,
           used = CASE WHEN q.ends_at <= clock_timestamp() THEN excluded.granted
             WHEN $3 > $5 - q.used THEN q.used ELSE q.used + least($4, $5 - q.used) END,
           ends_at = CASE WHEN q.ends_at <= clock_timestamp() THEN excluded.ends_at ELSE q.ends_at END
         RETURNING granted, used, (extract(epoch FROM ends_at - clock_timestamp()) * 1000)::float8 AS left_ms`,
        [caller, unit, need, want, perMinute, WINDOW_SECONDS]
      )
      .catch((error: unknown) => {
        throw new StorageError('The quotas of callers cannot be read or counted.', error)
      })
    const [row] = rows
    if (row === undefined) throw new StorageError('A quota was not counted.')
    return {
      taken: Number(row.granted),
      left: Math.max(0, perMinute - Number(row.used)),
      leftMs: row.left_ms
    }
  }
}
