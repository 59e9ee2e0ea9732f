import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Call } from './call-log.ts'
import type { FaultScope } from './fault-plan.ts'
import { concernsFields, FAULT_NAMES, type FaultName } from './faults.ts'
import type { TableRows } from '../database/database.ts'
import type { Lead, UseNonLatin } from '../database/fixture.ts'
import { readBody } from './request-body.ts'

/** What a client can read and change on a running sandbox. */
export interface Controls {
  leads(): Record<string, Lead>
  /** The stored custom fields, by list id, lead id and label. */
  customFields(): Record<string, Record<string, Readonly<Record<string, string>>>>
  /** The rows of the tables beside that of the leads, by the table's name. */
  tables(): TableRows
  calls(): Call[]
  reset(): void
  /** @param options `calls` may be Infinity: then the fault lasts until it is replaced, or cleared with 0 calls */
  fail(fault: FaultName, options: { calls: number } & FaultScope): void
  setUseNonLatin(useNonLatin: UseNonLatin): void
  /** Sets the password of the user `api`; false if there is no such user. */
  setPassword(pass: string): boolean
}

interface Answer {
  readonly status: number
  readonly body: unknown
}

type Fields = Readonly<Record<string, unknown>>

const DONE: Answer = { status: 200, body: {} }

const ROUTES: Readonly<Record<string, (controls: Controls, fields: Fields) => Answer>> = {
  'GET /sandbox/leads': (controls) => ({ status: 200, body: controls.leads() }),
  'GET /sandbox/custom-fields': (controls) => ({ status: 200, body: controls.customFields() }),
  'GET /sandbox/tables': (controls) => ({ status: 200, body: controls.tables() }),
  'GET /sandbox/calls': (controls) => ({ status: 200, body: controls.calls() }),
  'POST /sandbox/reset': (controls) => {
    controls.reset()
    return DONE
  },
  'POST /sandbox/faults': planFault,
  'POST /sandbox/settings': changeSettings
}

/** Handles one HTTP request to `/sandbox/…`. Bodies and answers are JSON. Answers 400 or 404 to invalid requests. */
export async function handleControl(
  request: IncomingMessage,
  response: ServerResponse,
  path: string,
  controls: Controls
): Promise<void> {
  const body = await readBody(request)
  if (body === undefined) return
  const route = ROUTES[`${request.method} ${path}`]
  const fields = readFields(body)
  let answer: Answer
  if (route === undefined)
    answer = { status: 404, body: { error: 'no such route', routes: Object.keys(ROUTES) } }
  else if (fields === undefined) answer = refused('the body is not a JSON object')
  else answer = route(controls, fields)
  response.writeHead(answer.status, { 'content-type': 'application/json' }).end(JSON.stringify(answer.body))
}

function readFields(body: string): Fields | undefined {
  if (body === '') return {}
  try {
    const fields: unknown = JSON.parse(body)
    return isObject(fields) ? fields : undefined
  } catch {
    return undefined
  }
}

function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function refused(error: string): Answer {
  return { status: 400, body: { error } }
}

function planFault(controls: Controls, { fault, calls, ...scope }: Fields): Answer {
  if (!isFaultName(fault)) {
    return { status: 400, body: { error: `unknown fault: ${String(fault)}`, faults: FAULT_NAMES } }
  }
  if (typeof calls !== 'number' || !Number.isInteger(calls) || calls < 0) {
    return refused('calls is not a whole number of calls')
  }
  const unknown = Object.keys(scope).filter((name) => !['function', 'parameter', 'field'].includes(name))
  if (unknown.length > 0) return refused(`unknown: ${unknown.join(', ')}`)
  if (!isScope(scope)) return refused('function, parameter or field is not a name')
  if (scope.field !== undefined && !concernsFields(fault)) return refused(`${fault} concerns no field`)
  controls.fail(fault, { calls, ...scope })
  return DONE
}

function isScope(scope: Fields): scope is Fields & FaultScope {
  return Object.values(scope).every((name) => typeof name === 'string')
}

function isFaultName(value: unknown): value is FaultName {
  return FAULT_NAMES.some((name) => name === value)
}

function changeSettings(controls: Controls, { use_non_latin, password, ...others }: Fields): Answer {
  if (use_non_latin !== undefined && use_non_latin !== 0 && use_non_latin !== 1) {
    return refused('use_non_latin is neither 0 nor 1')
  }
  if (password !== undefined && typeof password !== 'string') return refused('password is not a text')
  if (Object.keys(others).length > 0) return refused(`unknown: ${Object.keys(others).join(', ')}`)
  if (password !== undefined && !controls.setPassword(password)) return refused('there is no user api')
  if (use_non_latin !== undefined) controls.setUseNonLatin(use_non_latin)
  return DONE
}
