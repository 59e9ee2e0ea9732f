import openApiTypes, { astToString, type OpenAPI3, transformSchemaObject, tsUnion } from 'openapi-typescript'
import { formsOf, hasTwoForms } from './forms.ts'

type Options = NonNullable<Parameters<typeof openApiTypes>[1]>

/** The types of the client, as TypeScript. A body with two forms is a union, so that the compiler refuses a mixture. */
export async function clientTypes(document: OpenAPI3): Promise<string> {
  const transform: Options['transform'] = (schema, options) =>
    hasTwoForms(schema)
      ? tsUnion(formsOf(schema).map((form) => transformSchemaObject(form as typeof schema, options)))
      : undefined
  const types = await openApiTypes(document, { rootTypes: true, rootTypesNoSchemaPrefix: true, transform })
  return `/** Written by \`npm run openapi\`. */\n\n${astToString(types)}`
}
