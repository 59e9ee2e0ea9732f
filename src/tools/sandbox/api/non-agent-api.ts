import { readAllowedLists, readGroupLists } from './allowed-lists.ts'
import { type ApiCall, BEFORE_INSERT, canBeLogged, type Piece } from './api-call.ts'
import { type BuildRules, type Release, rulesOf } from './builds.ts'
import { type Clean, cleaning, type ParameterName } from './cleaning.ts'
import { FUNCTIONS } from './functions.ts'
import { Login } from './login.ts'
import { hasRight, mayCall } from './permission.ts'
import type { Php } from './php.ts'
import { type Alteration, alteredCustomTables, alteredLeads } from '../database/alteration.ts'
import { connectionOf, type DbCharset } from '../database/connection.ts'
import { Database, type TableRows, type Tables } from '../database/database.ts'
import { DatabaseError } from '../database/sql-text.ts'
import type { Fixture, Lead, UseNonLatin, User } from '../database/fixture.ts'
import { type Leads, MISSING_LEADS, readOnly } from '../database/lead-table.ts'
import { ServerClock } from '../database/server-clock.ts'
import { versionLine } from '../functions/version.ts'
import type { RequestParameters } from '../server/request-parameters.ts'

const SHORTEST_SOURCE_BYTES = 2

/** An HTTP answer of the API. Its type is always `text/html`. */
export interface ApiAnswer {
  readonly status: 200 | 500
  readonly text: string
}

/** The server that runs VICIdial. */
export interface Server {
  readonly release: Release
  readonly php: Php
  readonly dbCharset: DbCharset
  /** Like `America/New_York`; undefined: UTC. */
  readonly timeZone: string | undefined
}

/**
 * What is wrong with the database during a call:
 * - `down`: it accepts no connections
 * - `lost`: it goes down once VICIdial has read its settings
 * - `settings_gone`, `leads_gone`: the table can't be read
 * - `leads_read_only`: the table of leads can't be written to
 * - `api_log_unwritable`: VICIdial can't log the call
 */
export type DatabaseFault =
  | 'down'
  | 'lost'
  | 'settings_gone'
  | 'leads_gone'
  | 'leads_read_only'
  | 'api_log_unwritable'

/** What goes wrong within a call. */
export interface CallFaults {
  readonly database?: DatabaseFault
  /** How values differ that are written. */
  readonly alteration?: Alteration
  /** Called between the search for a lead and its insert. Other calls can come before it resolves. */
  readonly beforeInsert?: () => Promise<void>
}

const CONNECT_ERROR: ApiAnswer = { status: 200, text: 'MySQL connect ERROR:  Connection refused' }
const UNCAUGHT: ApiAnswer = { status: 500, text: '' }

/** VICIdial's Non-Agent API over tables in memory, without HTTP, time or faults of the connection. */
export class NonAgentApi {
  useNonLatin: UseNonLatin
  readonly #fixture: Fixture
  readonly #server: Server
  readonly #build: BuildRules
  readonly #cleaning: readonly [Clean, Clean]
  readonly #clock: ServerClock
  readonly #login: Login
  readonly #database: Database

  /**
   * @param now the time in ms since the epoch
   * @throws {Error} if the build does not run on this PHP, or the time zone does not exist
   */
  constructor(fixture: Fixture, useNonLatin: UseNonLatin, server: Server, now: () => number) {
    const { release, php, timeZone } = server
    this.useNonLatin = useNonLatin
    this.#fixture = fixture
    this.#server = server
    this.#build = rulesOf(release.build)
    if (php === 8 && !this.#build.runsOnPhp8) throw new Error(`build ${release.build} does not run on PHP 8`)
    this.#cleaning = [cleaning(this.#build, php, 0), cleaning(this.#build, php, 1)]
    this.#clock = new ServerClock(now, timeZone)
    this.#login = new Login(fixture.users, now)
    this.#database = new Database(fixture, this.#clock)
  }

  /** Resets all tables, users and failed logins. `useNonLatin` stays, as do custom tables without values in the fixture. */
  reset(): void {
    this.#login.reset()
    this.#database.reset()
  }

  leads(): Record<string, Lead> {
    return this.#database.leads.all()
  }

  /** The stored custom fields, by list id, lead id and label. */
  customFields(): ReturnType<Database['customTables']['all']> {
    return this.#database.customTables.all()
  }

  /** The rows of the other tables, by the table's name. */
  tables(): TableRows {
    return this.#database.rows()
  }

  /** @returns whether there is such a user */
  setPassword(user: string, pass: string): boolean {
    return this.#login.setPassword(user, pass)
  }

  async answer(
    { values, lastFormValue }: RequestParameters,
    { database: fault, alteration, beforeInsert }: CallFaults = {}
  ): Promise<ApiAnswer> {
    const { php, release } = this.#server
    if (fault === 'down') return php === 7 ? CONNECT_ERROR : UNCAUGHT
    if (php === 8 && (fault === 'lost' || fault === 'settings_gone')) return UNCAUGHT
    const mode = fault === 'settings_gone' ? 0 : this.useNonLatin
    const clean = this.#cleaning[mode]
    const value = (name: ParameterName) => {
      const sent = values.get(name)
      return sent === undefined ? '' : clean(name, sent)
    }
    const isLogged = php === 7 || (fault !== 'api_log_unwritable' && canBeLogged(lastFormValue))
    if (value('function') === 'version') {
      return this.#print(isLogged, () => [versionLine(release, this.#clock)])
    }
    const user = fault === 'lost' ? 'BAD' : this.#login.attempt(value('user'), value('pass'))
    // VICIdial doesn't log refused logins, so no log entry can break here.
    if (user === 'BAD' || user === 'LOCK') return { status: 200, text: refusal(value, user) }
    const leads = leadsWith(fault, this.#database.leads)
    const tables: Tables =
      alteration === undefined
        ? { ...this.#database.tables, leads }
        : {
            ...this.#database.tables,
            leads: alteredLeads(leads, alteration),
            customTables: alteredCustomTables(this.#database.customTables, alteration)
          }
    return this.#print(isLogged, () => this.#call(user, tables, values, value, mode), beforeInsert)
  }

  /** The reply to a refused login. */
  loginRefusal({ values }: RequestParameters, answer: 'BAD' | 'LOCK'): string {
    return refusal((name) => this.#cleaning[this.useNonLatin](name, values.get(name) ?? ''), answer)
  }

  /** Prints piece after piece. Stops after the first piece if the call can't be logged. */
  async #print(
    isLogged: boolean,
    run: () => Iterable<Piece>,
    beforeInsert?: () => Promise<void>
  ): Promise<ApiAnswer> {
    let text = ''
    try {
      for (const piece of run()) {
        if (piece === BEFORE_INSERT) {
          if (beforeInsert !== undefined) await beforeInsert()
          continue
        }
        text += typeof piece === 'string' ? `${piece}\n` : piece.unended
        if (!isLogged) return { status: 500, text }
      }
      return { status: 200, text }
    } catch (error) {
      if (error instanceof DatabaseError) return { status: this.#server.php === 7 ? 200 : 500, text }
      throw error
    }
  }

  #call(
    user: User,
    tables: Tables,
    values: RequestParameters['values'],
    value: ApiCall['value'],
    useNonLatin: UseNonLatin
  ): Iterable<Piece> {
    const functionName = value('function')
    const userName = value('user')
    const called = Object.hasOwn(FUNCTIONS, functionName) ? FUNCTIONS[functionName] : undefined
    if (called === undefined || !this.#build[called.rule]) return ['ERROR: NO FUNCTION SPECIFIED']
    const lists = readAllowedLists(user, this.#fixture)
    if (lists === undefined) return [`ERROR: user_group DOES NOT EXIST: |${userName}|${user.user_group}|`]
    const source = value('source')
    if (Buffer.byteLength(source) < SHORTEST_SOURCE_BYTES) {
      return [`ERROR: Invalid Source - ${source}`, `ERROR: Invalid Source: |${source}|`]
    }
    if (!mayCall(user, functionName)) {
      const refusal = 'auth USER DOES NOT HAVE PERMISSION TO USE THIS FUNCTION'
      return [`ERROR: ${refusal}: |${userName}|${functionName}|`]
    }
    if (!hasRight(user, called.right)) {
      const refusal = `USER DOES NOT HAVE PERMISSION TO ${called.right.refused}`
      return [`ERROR: ${functionName} ${refusal}: |${userName}${called.right.end}`]
    }
    const { php, dbCharset } = this.#server
    return called.run({
      tables,
      userName,
      lists,
      group: readGroupLists(user, this.#fixture) ?? { hasAllCampaigns: false, lists: new Set() },
      build: this.#build,
      php,
      connection: connectionOf(dbCharset, useNonLatin),
      clock: this.#clock,
      query: php === 7 ? goOn : (statement) => statement(),
      value,
      values
    })
  }
}

/** The reply to a refused login. Like VICIdial's, it echoes a wrong password. */
function refusal(value: ApiCall['value'], answer: 'BAD' | 'LOCK'): string {
  return answer === 'LOCK'
    ? `ERROR: Too many login attempts, try again in 15 minutes: |${value('user')}|LOCK|\n`
    : `ERROR: Login incorrect, please try again: |${value('user')}|${value('pass')}|BAD|\n`
}

function leadsWith(fault: DatabaseFault | undefined, leads: Leads): Leads {
  if (fault === 'leads_gone') return MISSING_LEADS
  return fault === 'leads_read_only' ? readOnly(leads) : leads
}

/** The `query` of PHP 7. */
function goOn<Result>(statement: () => Result, rejected: Result): Result {
  try {
    return statement()
  } catch (error) {
    if (error instanceof DatabaseError) return rejected
    throw error
  }
}
