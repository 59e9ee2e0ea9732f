import type { Client, RawReply } from '../../src/vicidial/client.ts'

/** A table that VICIdial reads, as far as the tests let one fail. */
export type Table = 'leads' | 'lists' | 'users'

export interface FailingDatabase {
  readonly leads: ReadonlySet<number>
  readonly lists: ReadonlySet<string>
  /** Whether a SELECT from this table fails now. */
  readonly isGone: (table: Table) => boolean
  /** Time from a call to its SELECTs, and from there to its reply, in milliseconds. */
  readonly delays: () => readonly [number, number]
}

/**
 * VICIdial on PHP 7, where a SELECT that fails reads as one that finds nothing (measured), without HTTP. `calls` has the
 * parameters of each call.
 */
export function vicidialOnPhp7(database: FailingDatabase) {
  const calls: Readonly<Record<string, string>>[] = []
  const wait = (ms: number) => (ms === 0 ? undefined : new Promise((resolve) => setTimeout(resolve, ms)))
  const client = {
    post: async (body: string): Promise<RawReply> => {
      const params = Object.fromEntries(new URLSearchParams(body))
      calls.push(params)
      const [before, after] = database.delays()
      await wait(before)
      const text = answer(database, params)
      await wait(after)
      return { httpStatus: 200, text }
    },
    close: async () => {}
  } as unknown as Client
  return { client, calls }
}

function answer({ leads, lists, isGone }: FailingDatabase, params: Readonly<Record<string, string>>): string {
  const { function: called = '', lead_ids = '', list_id_field: list, list_exists_check: isChecked } = params
  if (called === 'version') return 'VERSION: 2.14-202|BUILD: 250720-1841|\n'
  if (isGone('users')) return 'ERROR: Login incorrect, please try again: |api|s3cret|BAD|\n'
  if (called === 'lead_search') return search(params, (id) => !isGone('leads') && leads.has(id))
  if (lead_ids === '') return 'ERROR: batch_update_lead NO LEADS DEFINED - api|\n'
  if (isChecked === 'Y' && list !== undefined && (isGone('lists') || !lists.has(list))) {
    return `ERROR: batch_update_lead NOT A DEFINED LIST ID, LIST EXISTS CHECK ENABLED - api|${list}\n`
  }
  const asked = new Set(lead_ids.split(',').map(Number))
  const found = isGone('leads') ? [] : [...asked].filter((lead) => leads.has(lead)).toSorted((a, b) => b - a)
  if (found.length === 0) return `ERROR: batch_update_lead NO MATCHES FOUND IN THE SYSTEM: |api|${lead_ids}\n`
  if (params['status'] === undefined && list === undefined) return ''
  const counts = `${found.length}|${found.length}|${found.join(',')}`
  return `SUCCESS: batch_update_lead LEADS HAVE BEEN UPDATED - api|${counts}\n`
}

/** Each key is the code of the lead of the same number. */
function search(
  { vendor_lead_code: keys = '' }: Readonly<Record<string, string>>,
  exists: (id: number) => boolean
) {
  const rows = keys.split(',').map((key) => [key, exists(Number(key))] as const)
  if (!rows.some(([, isFound]) => isFound))
    return `ERROR: lead_search NO MATCHES FOUND IN THE SYSTEM: |api||${keys}|\n`
  return rows.map(([key, isFound]) => (isFound ? `${key}|1|${key}\n` : `${key}|0|\n`)).join('')
}
