import { listsOfGroup, readAllowedLists } from './allowed-lists.ts'
import { type ApiCall, type ApiFunction, canBeLogged, type Piece, type Tables } from './api-call.ts'
import { batchUpdateLead } from './batch-update-lead.ts'
import { type BuildRules, type Release, rulesOf } from './builds.ts'
import { type Clean, cleaning, type ParameterName } from './cleaning.ts'
import { connectionOf, type DbCharset } from '../database/connection.ts'
import { CustomTables, EntryLists } from '../database/custom-tables.ts'
import { DatabaseError } from '../database/sql-text.ts'
import type { Fixture, Lead, UseNonLatin, User } from '../database/fixture.ts'
import { leadFieldInfo } from './lead-field-info.ts'
import { leadSearch } from './lead-search.ts'
import { type Leads, LeadTable, MISSING_LEADS, readOnly } from '../database/lead-table.ts'
import { listCustomFields } from './list-custom-fields.ts'
import { Login } from './login.ts'
import {
  hasRight,
  mayCall,
  MODIFY_LISTS,
  READ_LEADS,
  type Right,
  SEARCH_LEADS,
  UPDATE_LEADS
} from './permission.ts'
import type { Php } from './php.ts'
import type { RequestParameters } from '../server/request-parameters.ts'
import { updateLead } from './update-lead.ts'
import { versionLine } from './version.ts'

const SHORTEST_SOURCE_BYTES = 2

interface FunctionEntry {
  /** Says whether a build has it. */
  readonly rule: keyof BuildRules
  readonly right: Right
  readonly run: ApiFunction
}

const FUNCTIONS: Readonly<Record<string, FunctionEntry>> = {
  batch_update_lead: { rule: 'hasBatchUpdateLead', right: UPDATE_LEADS, run: batchUpdateLead },
  update_lead: { rule: 'hasUpdateLead', right: UPDATE_LEADS, run: updateLead },
  lead_search: { rule: 'hasLeadSearch', right: SEARCH_LEADS, run: leadSearch },
  lead_field_info: { rule: 'hasLeadFieldInfo', right: READ_LEADS, run: leadFieldInfo },
  list_custom_fields: { rule: 'hasListCustomFields', right: MODIFY_LISTS, run: listCustomFields }
}

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

const CONNECT_ERROR: ApiAnswer = { status: 200, text: 'MySQL connect ERROR:  Connection refused' }
const UNCAUGHT: ApiAnswer = { status: 500, text: '' }

/** VICIdial's Non-Agent API over tables in memory, without HTTP, time or faults of the connection. */
export class NonAgentApi {
  useNonLatin: UseNonLatin
  readonly #fixture: Fixture
  readonly #server: Server
  readonly #build: BuildRules
  readonly #cleaning: readonly [Clean, Clean]
  readonly #now: () => number
  readonly #login: Login
  readonly #leads: LeadTable
  readonly #tables: Tables

  /**
   * @param now the time in ms since the epoch
   * @throws {Error} if the build does not run on this PHP
   */
  constructor(fixture: Fixture, useNonLatin: UseNonLatin, server: Server, now: () => number) {
    const { release, php } = server
    this.useNonLatin = useNonLatin
    this.#fixture = fixture
    this.#server = server
    this.#build = rulesOf(release.build)
    if (php === 8 && !this.#build.runsOnPhp8) throw new Error(`build ${release.build} does not run on PHP 8`)
    this.#cleaning = [cleaning(this.#build, php, 0), cleaning(this.#build, php, 1)]
    this.#now = now
    this.#login = new Login(fixture.users, now)
    this.#leads = new LeadTable(fixture.leads)
    this.#tables = {
      leads: this.#leads,
      customTables: new CustomTables(fixture.custom_fields),
      entryLists: new EntryLists(),
      lists: fixture.lists,
      definedLists: new Set(fixture.lists.map(({ list_id }) => list_id))
    }
  }

  /** Resets leads, users and failed logins. Custom tables and `useNonLatin` stay. */
  reset(): void {
    this.#login.reset()
    this.#leads.reset()
    this.#tables.entryLists.reset()
  }

  leads(): Record<string, Lead> {
    return this.#leads.all()
  }

  /** The stored custom fields, by list id, lead id and label. */
  customFields(): ReturnType<CustomTables['all']> {
    return this.#tables.customTables.all()
  }

  /** @returns whether there is such a user */
  setPassword(user: string, pass: string): boolean {
    return this.#login.setPassword(user, pass)
  }

  answer({ values, lastFormValue }: RequestParameters, fault?: DatabaseFault): ApiAnswer {
    const { php, release } = this.#server
    if (fault === 'down') return php === 7 ? CONNECT_ERROR : UNCAUGHT
    if (php === 8 && (fault === 'lost' || fault === 'settings_gone')) return UNCAUGHT
    const mode = fault === 'settings_gone' ? 0 : this.useNonLatin
    const value = (name: ParameterName) => this.#cleaning[mode](name, values.get(name) ?? '')
    const isLogged = php === 7 || (fault !== 'api_log_unwritable' && canBeLogged(lastFormValue))
    if (value('function') === 'version') {
      return this.#print(isLogged, () => [versionLine(release, this.#now())])
    }
    const user = fault === 'lost' ? 'BAD' : this.#login.attempt(value('user'), value('pass'))
    // VICIdial doesn't log refused logins, so no log entry can break here.
    if (user === 'BAD' || user === 'LOCK') return { status: 200, text: refusal(value, user) }
    return this.#print(isLogged, () => this.#call(user, values, value, mode, fault))
  }

  /** The reply to a refused login. */
  loginRefusal({ values }: RequestParameters, answer: 'BAD' | 'LOCK'): string {
    return refusal((name) => this.#cleaning[this.useNonLatin](name, values.get(name) ?? ''), answer)
  }

  /** Prints piece after piece. Stops after the first piece if the call can't be logged. */
  #print(isLogged: boolean, run: () => Iterable<Piece>): ApiAnswer {
    let text = ''
    try {
      for (const piece of run()) {
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
    values: RequestParameters['values'],
    value: ApiCall['value'],
    useNonLatin: UseNonLatin,
    fault: DatabaseFault | undefined
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
      return [`ERROR: ${functionName} ${refusal}: |${userName}|0|`]
    }
    const { php, dbCharset } = this.#server
    return called.run({
      tables: { ...this.#tables, leads: leadsWith(fault, this.#leads) },
      userName,
      lists,
      groupLists: listsOfGroup(user, this.#fixture) ?? new Set(),
      build: this.#build,
      php,
      connection: connectionOf(dbCharset, useNonLatin),
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
