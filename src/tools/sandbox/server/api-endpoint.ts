import type { IncomingMessage, ServerResponse } from 'node:http'
import { type Call, type CallLog, countLeads } from './call-log.ts'
import type { FaultPlan } from './fault-plan.ts'
import { faultNamed, NO_FAULT } from './faults.ts'
import type { ApiAnswer, NonAgentApi } from '../api/non-agent-api.ts'
import { readBody } from './request-body.ts'
import { readParameters } from './request-parameters.ts'
import { closeConnection } from './sending.ts'
import type { TableLock } from './table-lock.ts'

interface Parts {
  readonly api: NonAgentApi
  readonly plan: FaultPlan
  readonly log: CallLog
  readonly lock: TableLock
  readonly now: () => number
}

const NOT_MADE: ApiAnswer = { status: 200, text: '' }

/** Handles HTTP requests to the API: reads the call, makes it fail if that is planned, and answers it. */
export class ApiEndpoint {
  readonly #parts: Parts

  constructor(parts: Parts) {
    this.#parts = parts
  }

  /** @param query the encoded query string, without the `?` */
  async handle(request: IncomingMessage, response: ServerResponse, query: string): Promise<void> {
    const { api, plan, log, lock, now } = this.#parts
    const startedAt = performance.now()
    const method = request.method ?? ''
    const at = new Date(now()).toISOString()
    if (plan.takeUnreadRefusal()) {
      log.add({ function: '', params: {}, leads: 0, method, at, ms: 0, http_status: 0, fault: 'refuse' })
      closeConnection(response)
      return
    }

    const body = await readBody(request)
    if (body === undefined) return
    const parameters = readParameters(method, query, request.headers['content-type'], body)
    const functionName = parameters.values.get('function') ?? ''
    const leads = countLeads(functionName, parameters)
    const taken = plan.take(functionName, parameters.values)
    const { pass: _, ...params } = Object.fromEntries(parameters.values)
    const call: Call = {
      function: functionName,
      params,
      leads,
      method,
      at,
      ms: 0,
      http_status: 0,
      ...(taken !== undefined && { fault: taken.name })
    }
    log.add(call)

    const fault = taken === undefined ? NO_FAULT : faultNamed(taken.name)
    if (fault.isMade && !(await lock.pass(leads))) return
    const answer = fault.isMade ? await api.answer(parameters, fault.within?.(taken?.field)) : NOT_MADE
    const refusal = (kind: 'BAD' | 'LOCK') => api.loginRefusal(parameters, kind)
    call.http_status = fault.send(response, fault.answer({ answer, refusal }))
    call.ms = performance.now() - startedAt
  }
}
