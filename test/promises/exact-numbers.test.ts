import fc from 'fast-check'
import { test } from 'tap'
import { readCall } from '../../src/compat/call.ts'
import { readBody } from '../../src/compat/parameters.ts'
import { Problem } from '../../src/errors.ts'
import { parseJson } from '../../src/http/body/json-body.ts'
import { FIELDS } from '../../src/leads/fields.ts'
import { ALL_RIGHTS } from '../../src/leads/rights.ts'
import { serverRules } from '../../src/leads/server-rules.ts'
import type { Update } from '../../src/leads/update.ts'
import { DEFAULT_OPTIONS } from '../../src/leads/update-options.ts'
import { readBatch } from '../../src/updates/batch.ts'
import { CONTENT_TYPES, parsePayload } from '../../src/webhooks/payload.ts'
import { Mapping } from '../../src/webhooks/mapping/mapping.ts'
import { isSameNumber, numberText } from '../json-numbers.ts'

const RULES = {
  ...serverRules(0),
  customFields: new Map(),
  rights: ALL_RIGHTS,
  maxUpdates: 10,
  defaults: DEFAULT_OPTIONS
}
const JSON_TYPE = 'application/json'
const FIELD = fc.constantFrom(...FIELDS.map(({ name }) => name))
const KEY = fc.constantFrom('lead_id', 'vendor_lead_code', 'phone_number')

/** The updates of a batch request that would be sent. */
function sentOf(body: unknown): Update[] {
  const batch = readBatch(body, RULES)
  const entries = 'entries' in batch ? batch.entries : []
  return entries.filter((entry): entry is Update => 'changes' in entry)
}

async function sentByCompat(body: string): Promise<Update[]> {
  try {
    const parameters = await readBody(Buffer.from(body), JSON_TYPE)
    const called = parameters.get('function') === 'update_lead' ? 'update_lead' : 'batch_update_lead'
    return readCall(called, parameters, 'crm').requests.flatMap(sentOf)
  } catch (error) {
    if (error instanceof Problem) return []
    throw error
  }
}

function mappingOf(
  by: 'lead_id' | 'vendor_lead_code' | 'phone_number',
  fields: Record<string, string>
): Mapping {
  return new Mapping(
    {
      each: undefined,
      when: undefined,
      lead: { by, expression: 'lead.id' },
      fields,
      customFields: {},
      fixed: {},
      resetCalled: undefined,
      values: new Map(),
      emptyStrings: 'ignore',
      nulls: 'clear',
      nullWords: new Set()
    },
    'event.id'
  )
}

/** What a webhook's payload becomes: updates, and the ids of its events. */
async function mapped(mapping: Mapping, body: string, form = false) {
  const [text, type] = form
    ? [new URLSearchParams({ payload: body }).toString(), 'application/x-www-form-urlencoded']
    : [body, JSON_TYPE]
  const payload = await parsePayload(Buffer.from(text), type, CONTENT_TYPES, form ? 'payload' : undefined)
  const result = await mapping.map(payload, 10, () => {})
  if (!('updates' in result)) throw new Error(result.reason)
  const { updates, eventIds } = result
  return { sent: updates.length === 0 ? [] : sentOf({ updates }), eventIds }
}

const storedOf = (updates: readonly Update[]): string[] =>
  updates.flatMap(({ changes }) => Object.values(changes.stored))

test('of any number in JSON its digits are stored, or the update is refused', async (t) => {
  let stored = 0
  const check = (texts: readonly string[], number: string, how: string) => {
    stored += texts.length
    for (const text of texts)
      if (!isSameNumber(text, number)) throw new Error(`${how}: ${number} is stored as ${text}`)
  }
  const mappings = new Map(
    FIELDS.map(({ name }) => [name, mappingOf('lead_id', { [name]: 'data.value' })] as const)
  )
  const asText = mappingOf('lead_id', { source_id: '$string(data.value)', comments: 'data.value & ""' })
  await fc.assert(
    fc.asyncProperty(numberText, FIELD, fc.boolean(), async (number, name, form) => {
      const update = `{"lead_id":101,"fields":{"${name}":${number}}}`
      check(storedOf(sentOf(parseJson(Buffer.from(`{"updates":[${update}]}`)))), number, 'batch')
      const fields = parseJson(Buffer.from(`{"${name}":${number}}`))
      check(storedOf(sentOf({ updates: [{ lead_id: '101', fields }] })), number, 'PATCH')
      const element = `{"lead_id":101,"${name}":${number}}`
      check(storedOf(await sentByCompat(`[${element}]`)), number, 'leads_data')
      const form1 = `{"lead_ids":"101","update_phone_number":"Y","${name}":${number}}`
      check(storedOf(await sentByCompat(form1)), number, 'batch_update_lead')
      const event = `{"lead":{"id":101},"data":{"value":${number}}}`
      const mapping = mappings.get(name) ?? asText
      check(storedOf((await mapped(mapping, event, form)).sent), number, 'webhook')
      check(storedOf((await mapped(asText, event, form)).sent), number, '$string')
    }),
    { numRuns: 500 }
  )
  t.ok(stored > 500, `${stored} numbers stored`)
})

test('a number in JSON names the lead with its digits, or none', async (t) => {
  const mappings = new Map(
    (['lead_id', 'vendor_lead_code', 'phone_number'] as const).map((by) => [
      by as string,
      mappingOf(by, { status: '"DNC"' })
    ])
  )
  await fc.assert(
    fc.asyncProperty(numberText, KEY, async (number, by) => {
      const mapping = mappings.get(by)
      if (mapping === undefined) throw new Error(by)
      const method = by.toUpperCase()
      const sent = [
        ...sentOf(parseJson(Buffer.from(`{"updates":[{"${by}":${number},"fields":{"status":"DNC"}}]}`))),
        ...sentOf(parseJson(Buffer.from(`{"lead_ids":[${number}],"fields":{"status":"DNC"}}`))),
        ...(await sentByCompat(`{"lead_ids":${number},"status":"DNC"}`)),
        ...(await sentByCompat(
          `{"function":"update_lead","search_method":"${method}","${by}":${number},"status":"A"}`
        )),
        ...(await mapped(mapping, `{"lead":{"id":${number}}}`)).sent
      ]
      for (const { key } of sent)
        if (!isSameNumber(String(key.value), number)) throw new Error(`${number} names ${key.value}`)
    }),
    { numRuns: 500 }
  )
  t.pass()
})

test('two events with different numbers as ids are two events', async (t) => {
  const mapping = mappingOf('lead_id', { status: '"DNC"' })
  const ids = async (number: string) =>
    (await mapped(mapping, `{"lead":{"id":1},"event":{"id":${number}}}`)).eventIds.map(String)
  await fc.assert(
    fc.asyncProperty(numberText, async (number) => {
      for (const id of await ids(number))
        if (id !== 'undefined' && !isSameNumber(id, number)) throw new Error(`${number} has the id ${id}`)
    }),
    { numRuns: 300 }
  )
  t.strictSame(await ids('8202522731445525542'), ['8202522731445525542'])
})
