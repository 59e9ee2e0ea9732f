import { readFileSync } from 'node:fs'
import { test } from 'tap'
import { openApi } from '../../helper.ts'

type Schema = Readonly<Record<string, any>>

/** Every schema of the document with the place where it is, those within schemas too. */
function* schemasIn(value: unknown, place: string): Generator<[place: string, schema: Schema]> {
  if (typeof value !== 'object' || value === null) return
  if (!Array.isArray(value) && isSchema(value)) yield [place, value]
  for (const [name, part] of Object.entries(value))
    if (name !== 'examples' && name !== 'example') yield* schemasIn(part, `${place}/${name}`)
}

function isSchema(value: Schema): boolean {
  return ['type', 'enum', 'anyOf', 'properties'].some((keyword) => keyword in value)
}

test('each body and each JSON response has a model with a name', async (t) => {
  const { paths, components } = await openApi()
  const unnamed: string[] = []
  const check = (place: string, holder: object) => {
    const { content = {} } = holder as { content?: Schema }
    for (const [type, { schema }] of Object.entries(content))
      if (type !== 'text/plain' && schema.$ref === undefined) unnamed.push(`${place} ${type}`)
  }
  for (const [path, operations] of Object.entries(paths))
    for (const [method, { requestBody = {}, responses }] of Object.entries(operations)) {
      check(`${method} ${path}`, requestBody)
      for (const [status, response] of Object.entries(responses))
        check(`${method} ${path} ${status}`, response)
    }
  for (const [name, response] of Object.entries(components.responses)) check(name, response)
  t.same(unnamed, [])
})

test('each object has a name, each enum a type, and what may be null a list of types', async (t) => {
  const document = await openApi()
  const faults: string[] = []
  const named = /^#\/components\/schemas\/\w+$/
  for (const [place, schema] of schemasIn(document.components.schemas, '#/components/schemas')) {
    if (schema['type'] === 'object' && schema['properties'] && !named.test(place))
      faults.push(`${place} no name`)
    if (schema['enum'] && schema['type'] === undefined) faults.push(`${place} no type`)
    const forms: Schema[] = schema['anyOf'] ?? []
    if (forms.length > 0 && !named.test(place)) faults.push(`${place} forms without a name`)
    if (forms.length === 2 && forms.some(({ type }) => type === 'null'))
      faults.push(`${place} null as a form`)
    if (schema['nullable'] !== undefined) faults.push(`${place} nullable`)
  }
  t.same(faults, [])
  const { Accepted, LeadFields, ResultStatus, ErrorCode } = document.components.schemas as Record<
    string,
    Schema
  >
  t.match(Accepted?.['properties'].id.type, ['string', 'null'])
  t.match(LeadFields?.['properties'].email.type, ['string', 'null'])
  t.match([ResultStatus, ErrorCode], [{ type: 'string' }, { type: 'string' }])
})

test('the document has the version of the package', async (t) => {
  const { info } = (await openApi()) as unknown as { info: { version: string } }
  t.equal(info.version, JSON.parse(readFileSync('package.json', 'utf8')).version)
})

test('the operations that are used most come first', async (t) => {
  const { paths } = await openApi()
  const order = Object.values(paths).flatMap((operations) =>
    Object.values(operations).map(({ operationId }) => operationId)
  )
  t.same(order.slice(0, 4), ['batchUpdateLeads', 'patchLead', 'getLead', 'findLeads'])
  t.ok(order.indexOf('getJob') < order.indexOf('receiveWebhook'))
  t.equal(order.at(-1), 'backup')
})
