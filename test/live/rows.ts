import { execFile } from 'node:child_process'
import { FIELDS } from '../../src/leads/fields.ts'
import { type Server, storedCustomValue, storedRow, storedValue } from './server.ts'

/** The values of one lead by column; custom fields as `custom_fields.<label>`. */
export type Row = Readonly<Record<string, string>>

export const CUSTOM = 'custom_fields.'
const CALLED = 'called_since_last_reset'
const COLUMNS = [...FIELDS.map(({ name }) => name), CALLED]
/** Reads at once. */
const CONCURRENT = 4

/** Reads the rows of leads; `columns` are those that must be in the result, by lead. */
export type ReadRows = (columns: ReadonlyMap<number, ReadonlySet<string>>) => Promise<Map<number, Row>>

/**
 * Reads rows through VICIdial's API: a call for a lead, or one for each of the columns asked for if an apostrophe or a
 * line end in the lead prevents that.
 */
export function rowsByApi(server: Server, labels: readonly string[]): ReadRows {
  const read = async (lead: number, columns: ReadonlySet<string>): Promise<Row> => {
    const whole = await storedRow(server, lead, labels.length > 0)
    const custom = labels.filter((label) => whole?.[label] !== undefined)
    const row: Record<string, string> = {}
    for (const name of COLUMNS) if (whole?.[name] !== undefined) row[name] = whole[name]
    for (const label of custom) row[CUSTOM + label] = whole?.[label] ?? ''
    for (const column of columns) {
      row[column] ??= column.startsWith(CUSTOM)
        ? await storedCustomValue(server, lead, column.slice(CUSTOM.length))
        : await storedValue(server, lead, column)
    }
    return row
  }
  return async (columns) => {
    const waiting = [...columns]
    const rows = new Map<number, Row>()
    const worker = async () => {
      for (let next = waiting.pop(); next; next = waiting.pop()) rows.set(next[0], await read(...next))
    }
    await Promise.all(Array.from({ length: CONCURRENT }, worker))
    return rows
  }
}

/**
 * Reads whole rows by a command that takes SQL on its standard input and prints lines of tab-separated values, the first
 * with the names: `mysql --batch`, with the character set of VICIdial's own connection.
 */
export function rowsBySql(command: string, listId: number, labels: readonly string[]): ReadRows {
  return async (columns) => {
    const ids = [...columns.keys()].join(',')
    const names = ['lead_id', ...COLUMNS].map((name) => `\`${name}\``).join(',')
    const rows = new Map<number, Record<string, string>>()
    for (const { lead_id, ...row } of await query(
      command,
      `SELECT ${names} FROM vicidial_list WHERE lead_id IN (${ids})`
    ))
      rows.set(Number(lead_id), row)
    if (labels.length === 0) return rows
    for (const { lead_id, ...row } of await query(
      command,
      `SELECT * FROM custom_${listId} WHERE lead_id IN (${ids})`
    )) {
      const lead = rows.get(Number(lead_id)) ?? {}
      for (const label of labels) lead[CUSTOM + label] = row[label] === 'NULL' ? '' : (row[label] ?? '')
    }
    return rows
  }
}

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', t: '\t', '0': '\0' }

async function query(command: string, sql: string): Promise<Record<string, string>[]> {
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  const shell = execFile('sh', ['-c', command], { maxBuffer: 1 << 30 }, (error, stdout) => {
    if (error) reject(error)
    else resolve(stdout)
  })
  shell.stdin?.end(`${sql};\n`)
  const [names = [], ...rows] = (await promise)
    .replace(/\n$/, '')
    .split('\n')
    .map((line) => line.split('\t').map((cell) => cell.replace(/\\(.)/g, (_, c: string) => ESCAPES[c] ?? c)))
  return rows.map((cells) => Object.fromEntries(cells.map((cell, n) => [names[n] ?? '', cell])))
}
