import fc from 'fast-check'
import { test } from 'tap'
import { FIELDS } from '../../src/leads/fields.ts'
import { HEADERS, HOSTILE_BODY, HOSTILE_TEXT, type TypedBody } from '../fuzz/hostile.ts'
import { ask, CRM, FORM, inParts, PARTS, PATH, startCompat } from './calls.ts'

const NAMES = [
  ...FIELDS.flatMap(({ name, parameter }) => [name, parameter]),
  ...['lead_id', 'lead_ids', 'leads_data', 'records', 'reset_lead', 'list_exists_check', 'custom_fields'],
  ...[
    'favorite_color',
    'update_phone_number',
    'search_method',
    'format',
    'function',
    'source',
    'user',
    'pass'
  ],
  ...['__proto__', 'constructor', 'toString', 'a[]', '']
]
const value = fc.oneof(
  fc.constantFrom('1', '1,2', 'Y', 'N', 'SALE', '--BLANK--', '[{}]', '[', '', '2125550001', 'json'),
  HOSTILE_TEXT
)
const member = fc.oneof(
  { weight: 3, arbitrary: value },
  { weight: 1, arbitrary: fc.jsonValue({ maxDepth: 3 }) }
)
const name = fc.constantFrom(...NAMES)
const SOUND = [
  { ...CRM, lead_ids: '1,2', status: 'SALE' },
  { ...CRM, lead_ids: '1,99999', email: 'ann@example.com', format: 'json' },
  { ...CRM, leads_data: '[{"lead_id":1,"status":"SALE"},{"lead_id":2,"list_id_field":"101"}]' },
  { ...CRM, function: 'update_lead', lead_id: '3', status: 'SALE' },
  {
    ...CRM,
    function: 'update_lead',
    search_method: 'VENDOR_LEAD_CODE',
    vendor_lead_code: 'CRM-4',
    rank: '1'
  },
  CRM,
  { function: 'version' },
  {}
]
const odd = (values: fc.Arbitrary<unknown>, most: number) => fc.dictionary(name, values, { maxKeys: most })
const texts: fc.Arbitrary<Record<string, string>> = fc
  .tuple(fc.constantFrom(...SOUND), odd(value, 2))
  .map(([sound, more]) => ({ ...sound, ...(more as Record<string, string>) }))
const wellFormed = (parameters: Record<string, string>) =>
  new URLSearchParams(
    Object.entries(parameters).map(([key, text]): [string, string] => [key, text.toWellFormed()])
  ).toString()
const element = fc
  .tuple(fc.constantFrom({ lead_id: 1, status: 'A' }, { lead_id: '2', city: 'Reno' }, {}), odd(member, 2))
  .map(([sound, more]) => ({ ...sound, ...more }))
const elements = fc.array(fc.oneof({ weight: 4, arbitrary: element }, { weight: 1, arbitrary: member }), {
  maxLength: 4
})
const type = 'application/json'
const asJson = (sent: unknown): TypedBody => [type, Buffer.from(JSON.stringify(sent))]

/** A call: what its query and its body say. */
const calls: fc.Arbitrary<readonly [search: string, body: TypedBody]> = fc.oneof(
  texts.map((all) => [wellFormed(all), [undefined, undefined]] as const),
  texts.map((all) => ['', [FORM['content-type'], Buffer.from(wellFormed(all))]] as const),
  texts.map((all) => ['', [PARTS['content-type'], Buffer.from(inParts(Object.entries(all)))]] as const),
  elements.map((leads) => [wellFormed(CRM), asJson(leads)] as const),
  fc
    .tuple(elements, odd(member, 1))
    .map(([leads_data, more]) => ['', asJson({ ...CRM, leads_data, ...more })] as const),
  fc.tuple(texts, HOSTILE_BODY).map(([all, body]) => [wellFormed(all), body] as const)
)

/** Whether the first line, each line by itself and the words of the whole text all say the same. */
function isOfOneKind(lines: readonly string[]): boolean {
  const [first = ''] = lines
  const text = lines.join('\n')
  if (first.startsWith('ERROR: ')) return lines.length === 1 && !/success|notice/i.test(text)
  const isDone = first.startsWith('SUCCESS: ') || first.startsWith('VERSION: ')
  return isDone && !lines.slice(1).some((one) => !/^(?:SUCCESS|NOTICE): /.test(one)) && !/error/i.test(text)
}

test("any call is answered in VICIdial's form or as JSON, and never with 500", async (t) => {
  const env = { ANONYMOUS_POINTS_PER_MINUTE: '0', LOG_LEVEL: 'error' }
  const gateway = await startCompat(t, undefined, env)
  const line = /^(?:SUCCESS|ERROR|NOTICE): [^\p{Cc}<>]*$|^VERSION: /u
  const seen = { succeeded: 0, refused: 0, json: 0 }
  const headers = fc.oneof({ weight: 4, arbitrary: fc.constant({}) }, { weight: 1, arbitrary: HEADERS })
  const property = fc.asyncProperty(calls, headers, async ([search, [contentType, body]], more) => {
    const method = body === undefined ? 'GET' : 'POST'
    const answer = await ask(gateway, method, `${PATH}?${search}`, body, {
      'content-type': contentType ?? '',
      ...more
    })
    if (answer.status === 500) throw new Error('HTTP 500')
    if (typeof answer.body !== 'string') {
      seen.json++
      return
    }
    const lines = answer.body.trimEnd().split('\n')
    const stray = lines.find((one) => !line.test(one))
    if (stray !== undefined) throw new Error(`no line of VICIdial's: ${stray}`)
    if (!isOfOneKind(lines)) throw new Error(`a success and a failure in one: ${answer.body}`)
    seen[lines[0]?.startsWith('SUCCESS') ? 'succeeded' : 'refused']++
  })
  await fc.assert(property, { numRuns: 1_000, seed: 7 })
  t.comment(JSON.stringify(seen))
  t.ok(
    Object.values(seen).every((count) => count > 50),
    JSON.stringify(seen)
  )
  t.equal(gateway.logged(), '')
})
