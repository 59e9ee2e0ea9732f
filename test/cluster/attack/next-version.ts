import { cpSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { MIGRATIONS } from '../../../src/outbox/postgres/database/migrations/migrations.ts'
import { dataDir, type Tester } from '../../helper.ts'

const MIGRATIONS_FILE = 'src/outbox/postgres/database/migrations/migrations.ts'
const PARTS = ['src', 'routes', 'schemas', 'openapi', 'package.json']
const LAST = MIGRATIONS.length
const ADDITIVE = `  { sql: 'ALTER TABLE updates ADD COLUMN added_later text', oldestCompatible: ${LAST} }\n`

/** A copy of this checkout, until the test ends, whose gateway is a version newer: it adds a column to the database. */
export function nextVersion(t: Tester): string {
  const directory = dataDir(t)
  for (const name of PARTS) cpSync(name, join(directory, name), { recursive: true })
  symlinkSync(resolve('node_modules'), join(directory, 'node_modules'))
  const path = join(directory, MIGRATIONS_FILE)
  const text = readFileSync(path, 'utf8')
  const end = text.lastIndexOf('\n]')
  if (end < 0) throw new Error(`${MIGRATIONS_FILE} has no list of migrations`)
  writeFileSync(path, `${text.slice(0, end)},\n${ADDITIVE}${text.slice(end + 1)}`)
  return directory
}
