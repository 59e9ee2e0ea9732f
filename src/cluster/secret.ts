import { randomBytes } from 'node:crypto'
import type { Pool } from 'pg'

const SECRET_BYTES = 32

/** The secret that the first gateway stored in the database; makes one if there is none. */
export async function storedSecret(pool: Pick<Pool, 'query'>): Promise<string> {
  await pool.query('INSERT INTO cluster_secret VALUES (1, $1) ON CONFLICT DO NOTHING', [
    randomBytes(SECRET_BYTES).toString('base64url')
  ])
  const { rows } = await pool.query<{ secret: string }>('SELECT secret FROM cluster_secret')
  const [row] = rows
  if (row === undefined) throw new Error('the table cluster_secret has no row')
  return row.secret
}
