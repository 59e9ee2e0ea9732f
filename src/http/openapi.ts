import { readFileSync } from 'node:fs'
import type { SwaggerOptions } from '@fastify/swagger'
import type { FastifyInstance } from 'fastify'
import type { OpenAPIV3_1 } from 'openapi-types'
import { stringify } from 'yaml'
import { mayHaveNoBody } from './body/body-rules.ts'

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

const EXAMPLES_FILE = new URL('../../openapi/examples.json', import.meta.url)
const DESCRIPTION = `
Updates of VICIdial leads, each lead with its own changes, in one request. The gateway checks and cleans every
value, makes as few calls to VICIdial as it can, and returns one result per update.

Send your API key as \`Authorization: Bearer KEY\` or \`X-API-Key: KEY\`. Every response has an \`X-Request-Id\`.
If your key has a rate limit, every response has \`RateLimit-Policy\` and \`RateLimit\`; a 429 or 503 has \`Retry-After\`.
A refused request gets a problem document (RFC 9457); its \`type\` is the address of a page that explains it.
`.trim()

/** Options of @fastify/swagger: OpenAPI 3.1 from the running routes, with the recorded exchanges as examples. */
export function openApiOptions(): SwaggerOptions {
  const examples = JSON.parse(readFileSync(EXAMPLES_FILE, 'utf8')) as Example[]
  return {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'vicidial-gateway',
        version: '1',
        description: DESCRIPTION,
        license: { name: 'MIT', identifier: 'MIT' }
      },
      servers: [{ url: '/', description: 'This server' }],
      tags: [
        { name: 'leads', description: 'Update leads.' },
        { name: 'dnc', description: 'Numbers that must not be called (DNC).' },
        { name: 'jobs', description: 'Updates that are stored and delivered later, and their results.' },
        { name: 'history', description: 'Who changed what, and how VICIdial replied.' },
        { name: 'webhooks', description: 'Events of services whose payload you cannot change.' },
        { name: 'service', description: 'Health of the gateway, and its documents.' }
      ],
      components: {
        securitySchemes: {
          bearer: { type: 'http', scheme: 'bearer', description: 'The API key as a bearer token.' },
          api_key: {
            type: 'apiKey',
            in: 'header',
            name: 'X-API-Key',
            description: 'The API key in a header.'
          }
        }
      }
    },
    refResolver: {
      buildLocalReference: ({ $id }, _base, _fragment, index) =>
        typeof $id === 'string' ? $id : `schema-${index}`
    },
    transformObject: (document) => {
      if (!('openapiObject' in document)) throw new TypeError('an OpenAPI document was expected')
      return withExamples(withOptionalBodies(document.openapiObject as OpenAPIV3_1.Document), examples)
    }
  }
}

/** The document as YAML without anchors, which not every parser supports. */
export function openApiYaml(app: FastifyInstance): string {
  return stringify(app.swagger(), { aliasDuplicateObjects: false })
}

function bodyOf(operation: OpenAPIV3_1.OperationObject): OpenAPIV3_1.RequestBodyObject | undefined {
  return operation.requestBody as OpenAPIV3_1.RequestBodyObject | undefined
}

/** Marks the bodies that may be left out, which are those that may be null. */
function withOptionalBodies(document: OpenAPIV3_1.Document): OpenAPIV3_1.Document {
  for (const operation of operationsOf(document)) {
    const body = bodyOf(operation)
    if (body && mayHaveNoBody(body.content['application/json']?.schema)) body.required = false
  }
  return document
}

function operationsOf(document: OpenAPIV3_1.Document): OpenAPIV3_1.OperationObject[] {
  const paths = Object.values(document.paths ?? {})
  return paths.flatMap((path) => Object.values(path ?? {})) as OpenAPIV3_1.OperationObject[]
}

function withExamples(document: OpenAPIV3_1.Document, examples: readonly Example[]): OpenAPIV3_1.Document {
  for (const operation of operationsOf(document)) {
    for (const example of examples.filter(
      ({ operationId = operation.operationId }) => operationId === operation.operationId
    )) {
      const { name, summary } = example
      const body = bodyOf(operation)
      const sent = body?.content['application/json']
      if (sent && example.request !== undefined)
        sent.examples = { ...sent.examples, [name]: { summary, value: example.request } }
      const response = operation.responses?.[String(example.status)] as OpenAPIV3_1.ResponseObject | undefined
      const answered = response?.content?.[example.type]
      if (answered) answered.examples = { ...answered.examples, [name]: { summary, value: example.answer } }
    }
  }
  return document
}
