import type { SwaggerOptions } from '@fastify/swagger'
import type { FastifyInstance } from 'fastify'
import type { OpenAPIV3_1 } from 'openapi-types'
import { stringify } from 'yaml'
import { VERSION } from '../../telemetry/version.ts'
import { mayHaveNoBody } from '../body/body-rules.ts'
import { recordedExamples } from './examples.ts'
import { DESCRIPTION, inOrder, TAGS } from './guide.ts'
import { HEADER_COMPONENTS } from './headers.ts'
import { withHeaders } from './operation-headers.ts'
import { plainSchema } from './plain-schemas.ts'
import { SECURITY_SCHEMES } from './security.ts'
import { withSharedResponses } from './shared-responses.ts'

/** Options of @fastify/swagger: OpenAPI 3.1 from the running routes, with the recorded exchanges as examples. */
export function openApiOptions(): SwaggerOptions {
  const addExamples = recordedExamples()
  return {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'vicidial-gateway',
        version: VERSION,
        description: DESCRIPTION,
        license: { name: 'MIT', identifier: 'MIT' }
      },
      servers: [{ url: '/', description: 'This server' }],
      tags: TAGS,
      components: { securitySchemes: SECURITY_SCHEMES }
    },
    refResolver: {
      buildLocalReference: ({ $id }, _base, _fragment, index) =>
        typeof $id === 'string' ? $id : `schema-${index}`
    },
    transformObject: (given) => {
      if (!('openapiObject' in given)) throw new TypeError('an OpenAPI document was expected')
      return finished(given.openapiObject as OpenAPIV3_1.Document, addExamples)
    }
  }
}

/** The document as YAML without anchors, which not every parser supports. */
export function openApiYaml(app: FastifyInstance): string {
  return stringify(app.swagger(), { aliasDuplicateObjects: false })
}

/** The document of the routes, with what no route says itself. */
function finished(
  generated: OpenAPIV3_1.Document,
  addExamples: (operation: OpenAPIV3_1.OperationObject) => void
): OpenAPIV3_1.Document {
  const document = { ...generated, paths: inOrder(generated.paths) }
  for (const path of Object.values(document.paths)) {
    for (const [method, operation] of Object.entries(path ?? {}) as [string, OpenAPIV3_1.OperationObject][]) {
      makeBodyOptional(operation)
      withHeaders(method, operation)
      addExamples(operation)
    }
  }
  const plain = plainSchema(document) as typeof document
  withSharedResponses(plain)
  plain.components = { ...plain.components, ...HEADER_COMPONENTS }
  return plain
}

/** Marks a body that may be left out, which is one that may be null. */
function makeBodyOptional(operation: OpenAPIV3_1.OperationObject): void {
  const body = operation.requestBody as OpenAPIV3_1.RequestBodyObject | undefined
  const json = body?.content['application/json']
  if (body === undefined || json === undefined || !mayHaveNoBody(json.schema)) return
  const { anyOf: [form] = [] } = json.schema as OpenAPIV3_1.SchemaObject
  body.required = false
  if (form !== undefined) json.schema = form
}
