import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import type { Fixture } from './fixture.ts'
import type { SandboxOptions } from './sandbox.ts'

export const USAGE = `An in-memory VICIdial Non-Agent API.

npm run sandbox -- [options]
  --port N              0 for any free port (default 0)
  --host HOST           default 127.0.0.1
  --fixture FILE        JSON with leads, users, lists and user_groups
  --leads N             without a fixture: make up leads 1 to N in list 101 (default 1000)
  --use-non-latin 0|1   which letters are kept (default 0: A to Z)
  --call-ms A           what a call costs, in milliseconds (default 0)
  --lead-us B           what each lead of a call costs, in microseconds (default 0)
  --help
`

const OPTIONS = {
  port: { type: 'string' },
  host: { type: 'string' },
  fixture: { type: 'string' },
  leads: { type: 'string' },
  'use-non-latin': { type: 'string' },
  'call-ms': { type: 'string' },
  'lead-us': { type: 'string' },
  help: { type: 'boolean' }
} as const

const GREATEST_PORT = 65535

/**
 * Reads the arguments after the script's name.
 *
 * @returns `help` if that is all that was asked
 * @throws {Error} with a message for the operator, for an unknown option, a bad value or an unreadable fixture
 */
export function readCommandLine(args: readonly string[]): SandboxOptions | 'help' {
  const { values } = parseArgs({ args: [...args], options: OPTIONS, strict: true, allowPositionals: false })
  if (values.help === true) return 'help'
  const { fixture, host } = values
  if (fixture !== undefined && values.leads !== undefined)
    throw new Error('--leads and --fixture exclude each other')
  return {
    port: readNumber('--port', values.port ?? '0', /^\d+$/, GREATEST_PORT),
    ...(host !== undefined && { host }),
    ...(fixture !== undefined && { fixture: readFixture(fixture) }),
    ...(values.leads !== undefined && { leads: readNumber('--leads', values.leads, /^\d+$/, 999_999_999) }),
    useNonLatin: readNumber('--use-non-latin', values['use-non-latin'] ?? '0', /^[01]$/) === 1 ? 1 : 0,
    callMs: readNumber('--call-ms', values['call-ms'] ?? '0', /^\d+(\.\d+)?$/),
    leadUs: readNumber('--lead-us', values['lead-us'] ?? '0', /^\d+(\.\d+)?$/)
  }
}

function readNumber(option: string, text: string, shape: RegExp, greatest = Number.MAX_SAFE_INTEGER): number {
  if (!shape.test(text) || Number(text) > greatest) throw new Error(`${option}: ${text} is not possible`)
  return Number(text)
}

function readFixture(file: string): Fixture {
  const fixture: unknown = JSON.parse(readFileSync(file, 'utf8'))
  if (!isFixture(fixture)) throw new Error(`--fixture: ${file} lacks leads, users, lists or user_groups`)
  return fixture
}

function isFixture(value: unknown): value is Fixture {
  if (typeof value !== 'object' || value === null) return false
  const tables = value as Readonly<Record<string, unknown>>
  return ['leads', 'users', 'lists', 'user_groups'].every((table) => Array.isArray(tables[table]))
}
