import { readFileSync } from 'node:fs'
import type { OpenAPIV3_1 } from 'openapi-types'

/** A recorded request and response, as an example in the document. */
export interface Example {
  /** Operation of the example; undefined: every operation that documents its status. */
  readonly operationId?: string
  readonly name: string
  readonly summary: string
  readonly request?: unknown
  readonly status: number
  /** Media type of the response. */
  readonly type: string
  readonly answer: unknown
}

const EXAMPLES_FILE = new URL('../../../openapi/examples.json', import.meta.url)

/** Returns what adds the recorded exchanges to an operation. */
export function recordedExamples(): (operation: OpenAPIV3_1.OperationObject) => void {
  const examples = JSON.parse(readFileSync(EXAMPLES_FILE, 'utf8')) as Example[]
  return (operation) => {
    for (const example of examples) {
      const { operationId = operation.operationId } = example
      if (operationId === operation.operationId) addExample(operation, example)
    }
  }
}

function addExample(operation: OpenAPIV3_1.OperationObject, example: Example): void {
  const { name, summary, request, status, type, answer } = example
  const body = operation.requestBody as OpenAPIV3_1.RequestBodyObject | undefined
  const sent = body?.content['application/json']
  if (sent && request !== undefined) sent.examples = { ...sent.examples, [name]: { summary, value: request } }
  const response = operation.responses?.[String(status)] as OpenAPIV3_1.ResponseObject | undefined
  const answered = response?.content?.[type]
  if (answered) answered.examples = { ...answered.examples, [name]: { summary, value: answer } }
}
