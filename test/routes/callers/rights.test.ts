import { readFileSync } from 'node:fs'
import { test } from 'tap'
import type { Fixture } from '../../../src/tools/sandbox/database/fixture.ts'
import { FIELDS } from '../../../src/leads/fields.ts'
import { call, startGateway } from '../../helper.ts'
import { gatewayFile } from '../../gateway-file.ts'
import { as } from '../jobs-of.ts'

const FIXTURE = JSON.parse(readFileSync('test/fixtures/fixture.json', 'utf8')) as Fixture
const CUSTOM_FIELDS = [
  { label: 'favorite_color', max_length: 9 },
  { label: 'shoe_size', max_length: 3 }
]
const KEYS = ['lead_id', 'vendor_lead_code', 'phone_number'] as const

interface Update {
  readonly lead_id?: number
  readonly vendor_lead_code?: string
  readonly phone_number?: string
  readonly fields?: Readonly<Record<string, unknown>>
  readonly custom_fields?: Readonly<Record<string, unknown>>
  readonly reset_called?: boolean
}

/** Part of an update, and the right that a caller needs for it. */
interface Right {
  readonly name: string
  readonly update: Update
  /** Just what is enough. */
  readonly enough: Readonly<Record<string, unknown>>
  /** What does not do, whatever else the caller may. */
  readonly notEnough: Readonly<Record<string, unknown>>
  /** How it is refused then. */
  readonly error: { readonly code: string; readonly field: string; readonly detail: string }
}

/** The right to set a field of this name. */
function fieldRight(name: string, update: Update, alsoNeeds: Record<string, unknown> = {}): Right {
  const others = FIELDS.map((field) => field.name).filter((other) => other !== name)
  const detail = `This caller may not set ${name} (permissions.fields).`
  return {
    name,
    update: { lead_id: 101, ...update },
    enough: { fields: [name], ...alsoNeeds },
    notEnough: { fields: name === 'reset_called' ? others : [...others, 'reset_called'] },
    error: { code: 'field_not_allowed', field: name, detail }
  }
}

const STATUS = { lead_id: 101, fields: { status: 'SALE' } }
const STATUS_REFUSED = {
  code: 'field_not_allowed',
  field: 'status',
  detail: 'This caller may not set the status SALE (permissions.statuses).'
}
const LIST_REFUSED = {
  code: 'list_not_allowed',
  field: 'list_id',
  detail: 'This caller may not move leads to list 103 (permissions.lists).'
}
const RIGHTS: readonly Right[] = [
  // First, while the lead is in a list that has the field.
  {
    name: 'custom',
    update: { lead_id: 101, custom_fields: { favorite_color: 'red' } },
    enough: { custom_fields: ['favorite_color'] },
    notEnough: { custom_fields: ['shoe_size'] },
    error: {
      code: 'field_not_allowed',
      field: 'custom_fields.favorite_color',
      detail: 'This caller may not set custom_fields.favorite_color (permissions.custom_fields).'
    }
  },
  ...FIELDS.map(({ name, example }) => {
    const alsoNeeds = { status: { statuses: [example] }, list_id: { lists: [example] } }[name]
    return fieldRight(name, { fields: { [name]: example } }, alsoNeeds)
  }),
  fieldRight('reset_called', { reset_called: true }),
  { ...fieldRight('comments', { fields: { comments: null } }), name: 'emptying' },
  {
    name: 'one-status',
    update: STATUS,
    enough: { fields: ['status'], statuses: ['SALE'] },
    notEnough: { statuses: ['NEW'] },
    error: STATUS_REFUSED
  },
  {
    name: 'no-status',
    update: STATUS,
    enough: { fields: '*', statuses: '*' },
    notEnough: { statuses: undefined },
    error: STATUS_REFUSED
  },
  ...[103, '103'].map((list_id) => ({
    name: `list-as-${typeof list_id}`,
    update: { lead_id: 101, fields: { list_id } },
    enough: { fields: ['list_id'], lists: [103] },
    notEnough: { lists: [101, 102] },
    error: LIST_REFUSED
  })),
  ...[{ vendor_lead_code: 'CRM-4' }, { phone_number: '2125550005' }].map((key) => {
    const [by = ''] = Object.keys(key)
    return {
      name: `by-${by}`,
      update: { ...key, fields: STATUS.fields },
      enough: { fields: ['status'], statuses: ['SALE'], look_ups: [by] },
      notEnough: { look_ups: KEYS.slice(1).filter((other) => other !== by) },
      error: {
        code: 'field_not_allowed',
        field: by,
        detail: `This caller may not look leads up by ${by} (permissions.look_ups).`
      }
    }
  })
]

interface Sent {
  readonly method: string
  readonly path: string
  readonly body: unknown
  readonly headers?: Readonly<Record<string, string>>
}

interface Form {
  /** The update as a request of this form; undefined if it cannot be said so. */
  readonly request: (update: Update) => Sent | undefined
  /** The HTTP status of a request that is refused, and of one that is not. */
  readonly refused: number
  readonly taken: number
  /** What the result of the update is, if the answer has one. */
  readonly result?: 'updated' | 'planned'
}

function batchOf(body: unknown, headers: Record<string, string> = {}): Sent {
  return { method: 'POST', path: '/v1/leads/batch-update', body, headers }
}

function short({ lead_id, ...changes }: Update) {
  return lead_id === undefined ? undefined : { lead_ids: [lead_id], ...changes }
}

/** A webhook endpoint whose mapping makes such an update. */
function sourceOf(update: Update): string {
  return update.reset_called ? 'reset' : (KEYS.find((key) => update[key] !== undefined) ?? '')
}

const FORMS: Readonly<Record<string, Form>> = {
  'the long form': {
    request: (update) => batchOf({ updates: [update] }),
    refused: 422,
    taken: 200,
    result: 'updated'
  },
  'a dry run': {
    request: (update) => batchOf({ updates: [update], dry_run: true }),
    refused: 422,
    taken: 200,
    result: 'planned'
  },
  'the short form': {
    request: (update) => short(update) && batchOf(short(update)),
    refused: 422,
    taken: 200,
    result: 'updated'
  },
  'a dry run of the short form': {
    request: (update) => short(update) && batchOf({ ...short(update), dry_run: true }),
    refused: 422,
    taken: 200,
    result: 'planned'
  },
  PATCH: {
    request: ({ lead_id, fields }) =>
      fields && lead_id !== undefined
        ? { method: 'PATCH', path: `/v1/leads/${lead_id}`, body: fields }
        : undefined,
    refused: 422,
    taken: 200,
    result: 'updated'
  },
  'Prefer: respond-async': {
    request: (update) => batchOf({ updates: [update] }, { prefer: 'respond-async' }),
    refused: 422,
    taken: 202
  },
  'a webhook by a caller': {
    request: (update) => ({
      method: 'POST',
      path: `/v1/webhooks/${sourceOf(update)}?wait=10`,
      body: update
    }),
    refused: 422,
    taken: 200,
    result: 'updated'
  }
}

const MAPPED = {
  fields: Object.fromEntries(FIELDS.map(({ name }) => [name, `fields.${name}`])),
  custom_fields: { favorite_color: 'custom_fields.favorite_color' }
}
const WEBHOOKS = [
  ...KEYS.map((key) => ({
    name: key,
    auth: { callers: true },
    mapping: { lead: { [key]: key }, ...MAPPED }
  })),
  { name: 'reset', auth: { callers: true }, mapping: { lead: { lead_id: 'lead_id' }, reset_called: true } }
]
const ROUTES = ['batch', ...WEBHOOKS.map(({ name }) => `webhook:${name}`)]
const EVERYTHING = { fields: '*', statuses: '*', custom_fields: '*', lists: '*', look_ups: '*' }
/** For each right one caller with only that right, and one with all others; and two with different on_lossy. */
const FILE = gatewayFile(
  [
    ...RIGHTS.flatMap(({ name, enough, notEnough }) => [
      { name: `${name}-with`, permissions: { routes: ROUTES, ...enough } },
      { name: `${name}-without`, permissions: { routes: ROUTES, ...EVERYTHING, ...notEnough } }
    ]),
    { name: 'lossy-with', permissions: '*' },
    { name: 'lossy-without', permissions: '*', on_lossy: 'reject' }
  ],
  { custom_fields: CUSTOM_FIELDS, webhooks: WEBHOOKS }
)
const LOSSY = {
  name: 'lossy',
  update: { lead_id: 101, fields: { first_name: 'A#B' } },
  error: { code: 'characters_lost', field: 'first_name' }
}

for (const [name, { request, refused, taken, result }] of Object.entries(FORMS)) {
  test(`each right is needed, and enough, in ${name}`, async (t) => {
    const env = { GATEWAY_CONFIG: `${t.testdir({ 'gateway.yaml': FILE })}/gateway.yaml` }
    const gateway = await startGateway(t, env, { fixture: FIXTURE })
    for (const { name: right, update, error } of [...RIGHTS, LOSSY]) {
      const sent = request(update)
      if (sent === undefined) continue
      const send = (caller: string) =>
        call(gateway, sent.method, sent.path, sent.body, { ...as(`${caller}-key`), ...sent.headers })
      const calls = gateway.sandbox.calls().length
      const without = await send(`${right}-without`)
      t.equal(without.status, refused, `${right} is refused`)
      t.match(without.body.results, [{ status: 'rejected', error }], right)
      // An update that was stored may be in flight now.
      if (result !== undefined) t.equal(gateway.sandbox.calls().length, calls, `${right}: nothing is sent`)

      const having = await send(`${right}-with`)
      t.equal(having.status, taken, `${right} is taken: ${JSON.stringify(having.body)}`)
      if (result === undefined) t.equal(having.body.status, 'queued', right)
      else if (sent.method === 'PATCH') t.equal(having.body.status, result, right)
      else t.match(having.body.results, [{ status: result }], right)
    }
  })
}
