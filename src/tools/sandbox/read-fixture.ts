import { readFileSync } from 'node:fs'
import type { Fixture } from './fixture.ts'

/**
 * Reads the tables of a sandbox from a JSON file.
 * @throws {Error} with a message for the operator
 */
export function readFixture(file: string): Fixture {
  const fixture: unknown = JSON.parse(readFileSync(file, 'utf8'))
  if (!isFixture(fixture)) throw new Error(`${file} lacks leads, users, lists or user_groups`)
  return fixture
}

function isFixture(value: unknown): value is Fixture {
  if (typeof value !== 'object' || value === null) return false
  const tables = value as Readonly<Record<string, unknown>>
  return ['leads', 'users', 'lists', 'user_groups'].every((table) => Array.isArray(tables[table]))
}
