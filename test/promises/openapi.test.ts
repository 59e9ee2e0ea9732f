import fc from 'fast-check'
import { test } from 'tap'
import { FIELDS } from '../../src/leads/fields.ts'
import type { Call } from '../../src/tools/sandbox/server/call-log.ts'
import { batch, call, documentedSchema, openApi, requestCalls, startGateway } from '../helper.ts'
import { anyCharacter } from '../any-character.ts'

/** Everything that the gateway may ever send; no custom field is configured here. */
const PARAMETERS = new Set([
  ...['source', 'user', 'function', 'records', 'lead_id', 'lead_ids', 'search_method'],
  ...['update_phone_number', 'list_exists_check', 'reset_lead'],
  ...FIELDS.map((field) => field.parameter)
])
const FUNCTIONS = new Set(['batch_update_lead', 'update_lead', 'lead_search'])

const text = fc.oneof(
  fc.string({ unit: anyCharacter, maxLength: 30 }),
  fc.string({
    unit: fc.constantFrom('a', '7', ' ', '\\', '"', "'", ';', '\n', '\u0000', '+', ',', '|', 'é', '𝒜')
  }),
  fc.constantFrom(
    '',
    ' ',
    '--BLANK--',
    '\ud800',
    'CRM-1',
    '2125550001',
    '101',
    '&delete_lead=Y',
    "'; DROP TABLE x; --"
  )
)
const junk = fc.oneof(
  { weight: 3, arbitrary: text },
  { weight: 1, arbitrary: fc.constantFrom(null, true, false, -1, 0, 1.5, 1e21, [], {}) },
  { weight: 1, arbitrary: fc.jsonValue({ maxDepth: 2 }) }
)
const fieldName = fc.oneof(
  { weight: 20, arbitrary: fc.constantFrom(...FIELDS.map((field) => field.name)) },
  {
    weight: 1,
    arbitrary: fc.constantFrom('list_id_field', 'lead_id', 'delete_lead', '__proto__', 'constructor')
  },
  { weight: 1, arbitrary: text }
)
/** Field names with their example, a text, or junk: many updates are sound, many have one fault. */
const fields = fc
  .array(
    fc.tuple(
      fieldName,
      fc.oneof(
        { weight: 6, arbitrary: fc.constant(undefined) },
        { weight: 2, arbitrary: text },
        { weight: 1, arbitrary: junk }
      )
    ),
    { maxLength: 3 }
  )
  .map((entries) =>
    Object.fromEntries(
      entries.map(([name, value]) => [
        name,
        value ?? FIELDS.find((field) => field.name === name)?.example ?? 'x'
      ])
    )
  )
const leadId = fc.oneof(
  { weight: 5, arbitrary: fc.integer({ min: 1, max: 25 }) },
  { weight: 1, arbitrary: fc.integer({ min: 1, max: 25 }).map(String) },
  { weight: 1, arbitrary: junk }
)
const key = fc.oneof(
  { weight: 6, arbitrary: fc.record({ lead_id: leadId }) },
  { weight: 2, arbitrary: fc.record({ vendor_lead_code: fc.oneof(fc.constant('CRM-3'), text) }) },
  { weight: 2, arbitrary: fc.record({ phone_number: fc.oneof(fc.constant('+1 212 555 0003'), text) }) },
  { weight: 1, arbitrary: fc.record({ lead_id: leadId, phone_number: junk }) },
  { weight: 1, arbitrary: fc.constant({}) }
)
const sometimes = <T>(value: fc.Arbitrary<T>) =>
  fc.oneof({ weight: 8, arbitrary: value }, { weight: 1, arbitrary: junk })
const options = fc.record(
  {
    on_multiple: sometimes(fc.constantFrom('reject', 'all', 'newest')),
    on_lossy: sometimes(fc.constantFrom('accept', 'reject')),
    on_invalid: sometimes(fc.constantFrom('reject_update', 'drop_field')),
    reset_called: sometimes(fc.boolean()),
    allow_undefined_list: sometimes(fc.boolean())
  },
  { requiredKeys: [] }
)
const few = <T extends object>(value: fc.Arbitrary<T>) =>
  fc.oneof({ weight: 3, arbitrary: fc.constant({}) }, { weight: 1, arbitrary: value })
const strange = few(fc.dictionary(text, junk, { maxKeys: 1 }))
const update = fc.oneof(
  {
    weight: 12,
    arbitrary: fc
      .tuple(key, sometimes(fields), few(options), strange)
      .map(([named, changes, option, other]) => ({ ...named, fields: changes, ...option, ...other }))
  },
  { weight: 1, arbitrary: junk }
)
const envelope = few(
  fc.record({ source: sometimes(fc.constant('crm')), dry_run: sometimes(fc.boolean()) }, { requiredKeys: [] })
)
const request: fc.Arbitrary<unknown> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc
      .tuple(fc.array(update, { maxLength: 5 }), envelope, few(options), few(strange))
      .map(([updates, ...rest]) => Object.assign({ updates }, ...rest))
  },
  {
    weight: 3,
    arbitrary: fc
      .tuple(fc.array(leadId, { maxLength: 5 }), fields, envelope, few(options), few(strange))
      .map(([lead_ids, changes, ...rest]) => Object.assign({ lead_ids, fields: changes }, ...rest))
  },
  { weight: 1, arbitrary: fc.jsonValue() }
)

function updatesOf(body: unknown): unknown[] {
  const { updates, lead_ids } = body as { updates?: unknown; lead_ids?: unknown }
  return (lead_ids ?? updates) as unknown[]
}

/** What is wrong with a call that the gateway made. */
function faultsOf({ params, method }: Call): string[] {
  const faults = Object.keys(params).filter((name) => !PARAMETERS.has(name))
  if (method !== 'POST' || !FUNCTIONS.has(params['function'] ?? ''))
    faults.push(`${method} ${params['function']}`)
  for (const [name, value] of Object.entries(params)) {
    if (/\\|(?!\n)\p{Cc}|\p{Cs}/u.test(value) || value === '') faults.push(`${name}=${JSON.stringify(value)}`)
  }
  return faults
}

test('any JSON gets a documented response with one result per update, and sends nothing else', async (t) => {
  const gateway = await startGateway(t, {}, { leads: 20 })
  const seen = new Set<number>()
  await fc.assert(
    fc.asyncProperty(request, async (body) => {
      gateway.sandbox.reset()
      const answer = await batch(gateway, JSON.stringify(body))
      seen.add(answer.status)
      if (![200, 207, 400, 422].includes(answer.status)) throw new Error(`HTTP ${answer.status}`)
      const calls = gateway.sandbox.calls()
      const faults = calls.flatMap(faultsOf)
      if (faults.length > 0) throw new Error(`sent ${faults.join(', ')}`)
      if (answer.status === 400 || answer.status === 422 || answer.body.status === 'planned') {
        if (calls.length > 0) throw new Error('something was sent')
      }
      if (answer.status === 400) return
      const { results, summary } = answer.body
      const indexes = results.map((result: { index: number }) => result.index)
      if (
        indexes.join() !==
        updatesOf(body)
          .map((_, index) => index)
          .join()
      )
        throw new Error(`results ${indexes}`)
      if (summary.unknown > 0) throw new Error('unknown, though VICIdial answered')
      if (summary.upstream_calls !== requestCalls(gateway).length)
        throw new Error(`${requestCalls(gateway).length} calls, ${summary.upstream_calls} said`)
      for (const { status, error } of results) {
        if (status === 'failed' && error.code !== 'list_not_found') throw new Error(`failed: ${error.code}`)
      }
    }),
    { numRuns: 400 }
  )
  t.same([...seen].sort(), [200, 207, 400, 422])
})

test('a body valid by the documented schema never gets 400, and a fully accepted one is valid by the schema', async (t) => {
  const gateway = await startGateway(t, {}, { leads: 20 })
  const isDocumented = await documentedSchema('/components/schemas/BatchRequest')
  const counts = { documented: 0, undocumented: 0 }
  await fc.assert(
    fc.asyncProperty(request, async (body) => {
      const sent = JSON.parse(JSON.stringify(body))
      const documented = isDocumented(sent)
      counts[documented ? 'documented' : 'undocumented']++
      const answer = await batch(gateway, body)
      if (documented && answer.status === 400) throw new Error(`documented, but ${answer.body.detail}`)
      if (documented || answer.status === 400) return
      // With `on_invalid: drop_field` a value that is not documented is left out. The result says so, if the lead was updated.
      const mayDrop = JSON.stringify(sent).includes('drop_field')
      const notTaken = answer.body.results.filter(
        ({ status, warnings = [] }: { status: string; warnings?: { code: string }[] }) =>
          status === 'rejected' ||
          (mayDrop && !['updated', 'planned'].includes(status)) ||
          warnings.some(({ code }) => code === 'field_dropped')
      )
      if (notTaken.length === 0) throw new Error('taken, but not documented')
    }),
    { numRuns: 400 }
  )
  t.ok(counts.documented > 20 && counts.undocumented > 20, JSON.stringify(counts))
})

test('a value that the gateway accepts is in the documented schema, even with spaces around it', async (t) => {
  const gateway = await startGateway(t)
  const inSchema = await documentedSchema('/components/schemas/LeadFields')
  const apart = []
  for (const { name, example, type } of FIELDS) {
    const written =
      type === 'integer' || type === 'number' ? [example, String(example)] : [example, ` ${example}\n`]
    for (const value of written) {
      const fields = { [name]: value }
      const { status } = await batch(gateway, { lead_ids: [1], fields })
      if ((status === 200) !== inSchema(fields)) apart.push({ taken: status === 200, ...fields })
    }
  }
  t.same(apart, [])
})

test('every example in the document matches its schema', async (t) => {
  const { paths, components } = await openApi()
  const ofOperations = Object.entries(paths).flatMap(([path, operations]) =>
    Object.entries(operations).flatMap(([method, { requestBody = {}, responses }]) => {
      const pointer = `/paths/${path.replaceAll('/', '~1')}/${method}`
      return [
        [`${pointer}/requestBody`, requestBody] as const,
        ...Object.entries(responses).map(
          ([status, response]) => [`${pointer}/responses/${status}`, response] as const
        )
      ]
    })
  )
  const shared = Object.entries(components.responses).map(
    ([name, response]) => [`/components/responses/${name}`, response] as const
  )
  let checked = 0
  for (const [pointer, holder] of [...ofOperations, ...shared]) {
    if (!('content' in holder)) continue
    for (const [type, { examples }] of Object.entries(holder.content ?? {})) {
      const validate = await documentedSchema(`${pointer}/content/${type.replaceAll('/', '~1')}/schema`)
      for (const [name, { value }] of Object.entries(examples ?? {})) {
        t.ok(validate(value), `${pointer} ${name} ${JSON.stringify(validate.errors)}`)
        checked++
      }
    }
  }
  t.ok(checked > 50, `${checked} examples`)
})

test('every operation documents its possible refusals', async (t) => {
  const { paths } = await openApi()
  const documented = Object.entries(paths).flatMap(([path, operations]) =>
    Object.entries(operations).map(([method, { responses }]) => [`${method} ${path}`, Object.keys(responses)])
  )
  t.same(Object.fromEntries(documented), {
    'get /metrics': ['200', '400', '401', '403', '408', '429', '431', '500', '503'],
    'get /livez': ['200', '400', '408', '431', '500'],
    'get /readyz': ['200', '400', '408', '431', '500', '503'],
    'get /v1/fields': ['200', '400', '401', '403', '408', '415', '429', '431', '500', '503'],
    'get /v1/jobs': ['200', '400', '401', '403', '408', '415', '429', '431', '500', '503'],
    'get /v1/jobs/{id}': ['200', '400', '401', '403', '404', '408', '415', '429', '431', '500', '503'],
    'post /v1/jobs/{id}/cancel': [
      ...['200'],
      ...['400', '401', '403', '404', '408', '409', '413', '415', '422', '429', '431', '500', '503']
    ],
    'post /v1/jobs/{id}/replay': [
      ...['202'],
      ...['400', '401', '403', '404', '408', '409', '413', '415', '422', '429', '431', '500', '503']
    ],
    'get /v1/dead-letters': ['200', '400', '401', '403', '408', '415', '429', '431', '500', '503'],
    'post /v1/dead-letters/replay': [
      ...['202'],
      ...['400', '401', '403', '408', '409', '413', '415', '422', '429', '431', '500', '503']
    ],
    'get /v1/backup': [
      ...['200'],
      ...['400', '401', '403', '404', '408', '409', '415', '429', '431', '500', '503']
    ],
    'get /v1/history': ['200', '400', '401', '403', '408', '415', '429', '431', '500', '503'],
    'get /v1/leads/{lead_id}/history': ['200', '400', '401', '403', '408', '415', '429', '431', '500', '503'],
    'get /v1/webhooks/{source}': ['200', '400', '401', '405', '408', '429', '431', '500', '503'],
    'post /v1/webhooks/{source}': [
      ...['200', '202', '207'],
      ...['400', '401', '403', '404', '408', '413', '415', '422', '429', '431', '500', '503']
    ],
    'post /v1/dnc': [
      ...['200', '202', '207'],
      ...['400', '401', '403', '408', '409', '413', '415', '422', '429', '431', '500', '502', '503', '504']
    ],
    'delete /v1/dnc/{phone_number}': [
      ...['200'],
      ...['400', '401', '403', '408', '415', '422', '429', '431', '500', '502', '503', '504']
    ],
    'post /v1/leads/batch-update': [
      ...['200', '202', '207'],
      ...['400', '401', '403', '408', '409', '413', '415', '422', '429', '431', '500', '502', '503', '504']
    ],
    'get /v1/leads': [
      ...['200'],
      ...['400', '401', '403', '408', '409', '415', '422', '429', '431', '500', '502', '503', '504']
    ],
    'post /v1/leads': [
      ...['201'],
      ...['400', '401', '403', '408', '409', '413', '415', '422', '429', '431', '500', '502', '503', '504']
    ],
    'post /v1/leads/read': [
      ...['200', '202', '207'],
      ...['400', '401', '403', '408', '409', '413', '415', '422', '429', '431', '500', '502', '503', '504']
    ],
    'get /v1/leads/{lead_id}': [
      ...['200', '304'],
      ...['400', '401', '403', '404', '408', '409', '415', '422', '429', '431'],
      ...['500', '502', '503', '504']
    ],
    'patch /v1/leads/{lead_id}': [
      ...['200'],
      ...['400', '401', '403', '404', '408', '409', '412', '413', '415', '422', '429', '431'],
      ...['500', '502', '503', '504']
    ]
  })
  const gateway = await startGateway(t)
  const unauthorized = await call(gateway, 'GET', '/v1/fields', undefined, { authorization: '' })
  t.equal(unauthorized.status, 401)
})
