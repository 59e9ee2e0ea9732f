import { listsOfGroup, readAllowedLists } from './allowed-lists.ts'
import { type ApiFunction, canBeLogged, type Piece, type Tables } from './api-call.ts'
import { batchUpdateLead } from './batch-update-lead.ts'
import { clean, type ParameterName } from './cleaning.ts'
import { CustomTables, EntryLists } from '../database/custom-tables.ts'
import { DatabaseError } from '../database/sql-text.ts'
import type { Fixture, Lead, UseNonLatin, User } from '../database/fixture.ts'
import { leadFieldInfo } from './lead-field-info.ts'
import { leadSearch } from './lead-search.ts'
import { LeadTable } from '../database/lead-table.ts'
import { Login } from './login.ts'
import { hasRight, mayCall, READ_LEADS, type Right, SEARCH_LEADS, UPDATE_LEADS } from './permission.ts'
import type { RequestParameters } from '../server/request-parameters.ts'
import { updateLead } from './update-lead.ts'
import { type Release, versionLine } from './version.ts'

const SHORTEST_SOURCE_BYTES = 2

interface FunctionEntry {
  /** The first build that has it, according to the header of non_agent_api.php. */
  readonly since: string
  readonly right: Right
  readonly run: ApiFunction
}

const FUNCTIONS: Readonly<Record<string, FunctionEntry>> = {
  batch_update_lead: { since: '210917-1615', right: UPDATE_LEADS, run: batchUpdateLead },
  update_lead: { since: '100718-0245', right: UPDATE_LEADS, run: updateLead },
  lead_search: { since: '211027-0845', right: SEARCH_LEADS, run: leadSearch },
  lead_field_info: { since: '160709-2233', right: READ_LEADS, run: leadFieldInfo }
}

/** An HTTP answer of the API. Its type is always `text/html`. */
export interface ApiAnswer {
  readonly status: 200 | 500
  readonly text: string
}

/** VICIdial's Non-Agent API over tables in memory, without HTTP, time or faults. */
export class NonAgentApi {
  useNonLatin: UseNonLatin
  readonly #fixture: Fixture
  readonly #release: Release
  readonly #now: () => number
  readonly #login: Login
  readonly #tables: Tables

  /** @param now the time in ms since the epoch */
  constructor(fixture: Fixture, useNonLatin: UseNonLatin, release: Release, now: () => number) {
    this.useNonLatin = useNonLatin
    this.#fixture = fixture
    this.#release = release
    this.#now = now
    this.#login = new Login(fixture.users, now)
    this.#tables = {
      leads: new LeadTable(fixture.leads),
      customTables: new CustomTables(fixture.custom_fields),
      entryLists: new EntryLists(),
      definedLists: new Set(fixture.lists.map(({ list_id }) => list_id))
    }
  }

  /** Resets leads, users and failed logins. Custom tables and `useNonLatin` stay. */
  reset(): void {
    this.#login.reset()
    this.#tables.leads.reset()
    this.#tables.entryLists.reset()
  }

  leads(): Record<string, Lead> {
    return this.#tables.leads.all()
  }

  /** @returns whether there is such a user */
  setPassword(user: string, pass: string): boolean {
    return this.#login.setPassword(user, pass)
  }

  answer(parameters: RequestParameters): ApiAnswer {
    if (this.#value(parameters.values, 'function') === 'version') {
      return this.#print(parameters, () => [versionLine(this.#release, this.#now())])
    }
    const user = this.#login.attempt(
      this.#value(parameters.values, 'user'),
      this.#value(parameters.values, 'pass')
    )
    // VICIdial doesn't log refused logins, so no log entry can break here.
    if (user === 'BAD' || user === 'LOCK') return { status: 200, text: this.loginRefusal(parameters, user) }
    return this.#print(parameters, () => this.#call(parameters, user))
  }

  /** The reply to a refused login. Like VICIdial's, it repeats a wrong password. */
  loginRefusal({ values }: RequestParameters, answer: 'BAD' | 'LOCK'): string {
    const user = this.#value(values, 'user')
    return answer === 'LOCK'
      ? `ERROR: Too many login attempts, try again in 15 minutes: |${user}|LOCK|\n`
      : `ERROR: Login incorrect, please try again: |${user}|${this.#value(values, 'pass')}|BAD|\n`
  }

  #value(values: RequestParameters['values'], name: ParameterName): string {
    return clean(name, values.get(name) ?? '', this.useNonLatin)
  }

  /** Prints piece after piece. Stops after the first piece if the call can't be logged. */
  #print({ lastFormValue }: RequestParameters, run: () => Iterable<Piece>): ApiAnswer {
    const logged = canBeLogged(lastFormValue)
    let text = ''
    try {
      for (const piece of run()) {
        text += typeof piece === 'string' ? `${piece}\n` : piece.unended
        if (!logged) return { status: 500, text }
      }
      return { status: 200, text }
    } catch (error) {
      if (error instanceof DatabaseError) return { status: 500, text }
      throw error
    }
  }

  #call({ values }: RequestParameters, user: User): Iterable<Piece> {
    const value = (name: ParameterName) => this.#value(values, name)
    const functionName = value('function')
    const userName = value('user')
    const called = Object.hasOwn(FUNCTIONS, functionName) ? FUNCTIONS[functionName] : undefined
    if (called === undefined || called.since > this.#release.build) return ['ERROR: NO FUNCTION SPECIFIED']
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
    const { useNonLatin } = this
    const groupLists = listsOfGroup(user, this.#fixture) ?? new Set()
    return called.run({ tables: this.#tables, userName, lists, groupLists, useNonLatin, value, values })
  }
}
