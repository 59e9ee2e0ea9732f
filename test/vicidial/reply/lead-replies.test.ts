import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { test } from 'tap'
import { LEAD_COLUMNS } from '../../../src/leads/reading/lead-columns.ts'
import type { Fixture } from '../../../src/tools/sandbox/database/fixture.ts'
import { readDncReply } from '../../../src/vicidial/reply/dnc-reply.ts'
import { readFieldReply } from '../../../src/vicidial/reply/field-reply.ts'
import { readHopperReply } from '../../../src/vicidial/reply/hopper-reply.ts'
import { readLeadActionReply } from '../../../src/vicidial/reply/lead-action-reply.ts'
import { readLeadReply } from '../../../src/vicidial/reply/lead-reply.ts'
import { readListReply } from '../../../src/vicidial/reply/list-reply.ts'
import { readUpsertReply } from '../../../src/vicidial/reply/upsert-reply.ts'

type Texts = Readonly<Record<string, string>>

interface Step {
  readonly params: Texts
  readonly http_status: number
  readonly reply: string
  readonly changed: Readonly<Record<string, Texts | null>>
  readonly tables?: Readonly<Record<string, readonly Texts[]>>
}

interface Exchange {
  readonly id: string
  readonly setup?: {
    readonly leads?: Readonly<Record<string, Texts>>
    readonly custom_fields?: Readonly<Record<string, Texts>>
  }
  readonly steps: readonly Step[]
}

const fixture: Fixture = JSON.parse(readFileSync('test/fixtures/sync-fixture.json', 'utf8'))
const recorded: Exchange[] = readFileSync('test/fixtures/sync-transcripts.jsonl', 'utf8')
  .trimEnd()
  .split('\n')
  .map((line) => JSON.parse(line))

/** The columns of a row, in VICIdial's order. */
const COLUMNS = [...LEAD_COLUMNS.filter(({ isInRow }) => isInRow).map(({ name }) => name), 'lead_id']

/** The steps that have these parameters, with their exchange. */
function stepsWith(params: Texts): (Step & { readonly exchange: Exchange })[] {
  const steps = recorded.flatMap((exchange) => exchange.steps.map((step) => ({ ...step, exchange })))
  return steps.filter((step) => Object.entries(params).every(([name, value]) => step.params[name] === value))
}

/** The lead before an exchange. */
function leadBefore({ setup }: Exchange, id: string): Texts {
  const lead = fixture.leads.find(({ lead_id }) => String(lead_id) === id)
  const texts = Object.entries(lead ?? {}).map(([column, value]) => [column, String(value)])
  return { ...Object.fromEntries(texts), ...setup?.leads?.[id] }
}

test('reads every recorded upsert as the lead that it added or changed, or as its refusal', async (t) => {
  const refused: Texts = {
    'upsert/missing-phone': 'upstream_error',
    'upsert/missing-list': 'upstream_error',
    'upsert/short-phone': 'upstream_error',
    'upsert/perm-api7': 'upstream_permission_denied',
    'upsert/perm-api6': 'upstream_login_failed',
    'upsert/perm-noaccess': 'upstream_permission_denied',
    'upsert/perm-nomodify': 'upstream_permission_denied',
    'upsert/perm-onlybatch': 'upstream_permission_denied'
  }
  const steps = stepsWith({ insert_if_not_found: 'Y' })
  t.ok(steps.length > 25, `${steps.length} upserts`)
  const known = new Set(fixture.leads.map(({ lead_id }) => String(lead_id)))
  for (const { exchange, params, http_status, reply, changed, tables } of steps) {
    const list = Number(params['list_id_field'] ?? params['list_id'])
    const read = readUpsertReply(http_status, reply, { phoneNumber: params['phone_number'] ?? '', list })
    const [id] = Object.keys(changed)
    if (exchange.id in refused) t.match(read, { kind: 'refused', code: refused[exchange.id] }, exchange.id)
    else if (id === undefined || known.has(id)) {
      t.match(read, { kind: 'updated', leads: new Set([101]) }, exchange.id)
    } else {
      const isCustom = tables !== undefined && 'custom_103' in tables
      const customFields = isCustom ? 'stored' : 'not_mentioned'
      t.strictSame(read, { kind: 'added', lead: Number(id), customFields }, exchange.id)
    }
  }
})

test('an upsert that says nothing of a lead, or of another lead, is unclear', async (t) => {
  const asked = { phoneNumber: '3125550199', list: 101 }
  const noMatches = 'NOTICE: update_lead NO MATCHES FOUND IN THE SYSTEM: |api||CRM-NEW|3125550199\n'
  const added = 'SUCCESS: update_lead LEAD HAS BEEN ADDED - '
  for (const [status, text] of [
    [200, noMatches],
    [500, noMatches],
    [200, `${noMatches}${added}3125550199|101|201`],
    [200, `${noMatches}${added}3125550199|102|201||api\n`],
    [200, `${noMatches}${added}3125550198|101|201||api\n`],
    [200, `${noMatches}${added}3125550199|101|0||api\n`],
    [200, `${added}3125550199|101|201||api\n${added}3125550199|101|202||api\n`],
    [
      200,
      'SUCCESS: update_lead LEAD HAS BEEN UPDATED - api|1|1|||\nSUCCESS: update_lead LEAD HAS BEEN UPDATED - api|2|1|||\n'
    ],
    [200, 'SUCCESS: batch_update_lead LEADS HAVE BEEN UPDATED - api|1|1|1\n'],
    [200, '<html>']
  ] as const) {
    t.equal(readUpsertReply(status, text, asked).kind, 'unclear', text)
  }
  t.equal(readUpsertReply(500, '', asked).kind, 'not_made')
  t.match(readUpsertReply(500, `${noMatches}${added}3125550199|101|201||api\n`, asked), { kind: 'added' })
  for (const place of [', SEARCH', ', INSERT', '']) {
    const refused = `ERROR: update_lead NOT AN ALLOWED LIST ID${place} - 3125550199|101\n`
    t.match(readUpsertReply(200, refused, asked), { code: 'list_not_allowed' }, place)
  }
  const otherList = 'ERROR: update_lead NOT AN ALLOWED LIST ID, RESULTS - 102\n'
  t.match(readUpsertReply(200, otherList, asked), { kind: 'not_found', basis: 'lists' })
})

test('reads every recorded lead with names and tabs as the table holds it', async (t) => {
  const unreadable = new Set(['read/value-1-tab', 'read/value-5-tab', 'read/apostrophe-custom'])
  const steps = stepsWith({ function: 'lead_all_info', header: 'YES', stage: 'tab' })
  t.ok(steps.length >= 10, `${steps.length} leads`)
  for (const { exchange, params, http_status, reply } of steps) {
    const id = params['lead_id'] ?? ''
    const read = readLeadReply(http_status, reply, Number(id))
    if (unreadable.has(exchange.id)) {
      t.equal(read.kind, 'unreadable', exchange.id)
      continue
    }
    const before: Texts = { ...leadBefore(exchange, id), last_local_call_time: '' }
    const custom = params['custom_fields'] === 'Y' ? fixture.custom_values?.['103']?.[id] : {}
    t.strictSame(
      read,
      {
        kind: 'lead',
        isNamed: true,
        columns: new Map(COLUMNS.map((column) => [column, before[column]])),
        customFields: new Map(Object.entries(custom ?? {}))
      },
      exchange.id
    )
  }
})

test('reads every recorded field as it is, with an apostrophe too', async (t) => {
  const refused = new Set([
    'field/no_such',
    'field/perm-noaccess',
    'field/perm-nomodify',
    'field/perm-onlyadd'
  ])
  refused.add('field/perm-onlybatch')
  const steps = stepsWith({ function: 'lead_field_info' })
  t.ok(steps.length > 15, `${steps.length} fields`)
  for (const { exchange, params, http_status, reply } of steps) {
    const read = readFieldReply(http_status, reply)
    if (refused.has(exchange.id)) {
      t.match(read.kind, /refused|not_made/, exchange.id)
      continue
    }
    const lead = { ...leadBefore(exchange, params['lead_id'] ?? ''), last_local_call_time: '' }
    const custom = fixture.custom_values?.['103']?.[params['lead_id'] ?? '']
    const row: Texts = params['custom_fields'] === 'Y' ? { ...custom } : lead
    t.strictSame(read, { kind: 'field', value: row[params['field_name'] ?? ''] }, exchange.id)
  }
})

test('reads every recorded hopper line as the result of its lead', async (t) => {
  const results: Readonly<Record<string, Texts>> = {
    'hopper/bulk-unknown': { 999: 'not_found' },
    'hopper/bulk-local-time': { 109: 'outside_call_time' },
    'hopper/perm-restricted': { 109: 'not_found' }
  }
  const refused: Texts = {
    'hopper/bulk-none': 'not_made',
    'hopper/bulk-trailing': 'not_made',
    'hopper/perm-api6': 'upstream_login_failed',
    'hopper/perm-noaccess': 'upstream_permission_denied',
    'hopper/perm-onlyadd': 'upstream_permission_denied',
    'hopper/perm-onlybatch': 'upstream_permission_denied',
    'hopper/perm-noreports': 'upstream_permission_denied'
  }
  const steps = stepsWith({ function: 'hopper_bulk_insert' })
  t.ok(steps.length > 12, `${steps.length} calls`)
  for (const { exchange, params, http_status, reply } of steps) {
    const asked = (params['lead_ids'] ?? '').split(',').map(Number)
    const read = readHopperReply(http_status, reply, asked)
    if (exchange.id in refused) {
      t.equal(read.kind === 'refused' ? read.code : read.kind, refused[exchange.id], exchange.id)
      continue
    }
    const isThere = exchange.id === 'hopper/bulk-twice' && asked.includes(103)
    const expected = asked.map((lead) => [
      lead,
      results[exchange.id]?.[lead] ?? (isThere && lead === 102 ? 'already_there' : 'added')
    ])
    t.strictSame(read, { kind: 'queued', leads: new Map(expected as [number, string][]) }, exchange.id)
  }
})

test('a hopper reply that leaves a lead out, or names another, is not trusted', async (t) => {
  const line = 'NOTICE: hopper_bulk_insert LEAD ADDED TO HOPPER - 2125550001|1|1|api\n'
  const none =
    'NOTICE: hopper_bulk_insert CAMPAIGN DOES NOT EXIST - 777|1\nNOTICE: hopper_bulk_insert NOT ADDED TO HOPPER, LEAD NOT FOUND - 1\n'
  t.equal(readHopperReply(200, line, [1, 2]).kind, 'unclear')
  t.equal(readHopperReply(200, line, [2]).kind, 'unclear')
  t.equal(readHopperReply(200, line.slice(0, -1), [1]).kind, 'unclear')
  t.strictSame(readHopperReply(500, line, [1]), { kind: 'queued', leads: new Map([[1, 'added']]) })
  t.strictSame(readHopperReply(200, none, [1]), { kind: 'queued', leads: new Map([[1, 'campaign_unknown']]) })
})

test('reads every recorded line of update_lead about the hopper and callbacks', async (t) => {
  const expected: Readonly<Record<string, readonly string[]>> = {
    'hopper/twice': ['queued', 'already_queued'],
    'hopper/remove': ['queued', 'unqueued'],
    'hopper/remove-absent': ['not_queued'],
    'callback/set': ['callback_added'],
    'callback/set-useronly': ['callback_added'],
    'callback/set-status': ['callback_added'],
    'callback/set-bad-user': ['callback_user_unknown'],
    'callback/set-no-campaign': ['callback_campaign_unknown'],
    'callback/set-bad-date': ['callback_added'],
    'callback/set-no-date': ['callback_added'],
    'callback/set-twice': ['callback_added', 'callback_updated'],
    'callback/remove': ['callback_added', 'callback_removed'],
    'callback/info': ['callback_added']
  }
  const seen: Record<string, string[]> = {}
  for (const { exchange, http_status, reply } of stepsWith({ function: 'update_lead', lead_id: '101' })) {
    const read = readLeadActionReply(http_status, reply, 101)
    if (exchange.id in expected && read.kind === 'acted') {
      seen[exchange.id] = [...(seen[exchange.id] ?? []), ...read.actions]
    }
  }
  t.strictSame(seen, expected)
  const removed = 'NOTICE: update_lead SCHEDULED CALLBACK DELETED - api|101|0|0\n'
  t.strictSame(readLeadActionReply(200, removed, 101), { kind: 'acted', actions: ['no_callback'] })
  t.equal(readLeadActionReply(200, removed, 102).kind, 'unclear')
})

test('a lead is missing only if a reply to the call about its hopper or callback says so', async (t) => {
  const missing = 'update_lead NO MATCHES FOUND IN THE SYSTEM: |api|9||\n'
  const expected = { kind: 'not_found', leads: new Set([9]), basis: 'leads' }
  for (const type of ['NOTICE', 'ERROR']) {
    t.strictSame(readLeadActionReply(200, `${type}: ${missing}`, 9), expected)
    t.equal(readLeadActionReply(200, `${type}: ${missing}`, 8).kind, 'unclear')
  }
  const ofOther = 'ERROR: lead_all_info LEAD NOT FOUND: api|9|\n'
  t.equal(readLeadActionReply(200, ofOther, 9).kind, 'unclear')
})

test('reads every recorded reply about do-not-call numbers', async (t) => {
  const expected: Texts = {
    'dnc/add': 'added',
    'dnc/add-campaign': 'added',
    'dnc/add-bad-campaign': 'added',
    'dnc/add-several': 'added',
    'dnc/delete': 'removed',
    'dnc/delete-absent': 'not_there',
    'dnc/perm-api8': 'added',
    'dnc/perm-api7': 'upstream_permission_denied',
    'dnc/perm-api6': 'upstream_login_failed',
    'dnc/perm-onlyadd': 'upstream_permission_denied',
    'dnc/perm-onlybatch': 'upstream_permission_denied'
  }
  const steps = [...stepsWith({ function: 'add_dnc_phone' }), ...stepsWith({ function: 'delete_dnc_phone' })]
  const seen = steps.map(({ exchange, params, http_status, reply }) => {
    const { function: name, phone_number: phoneNumber = '', campaign_id: campaign } = params
    const change = name === 'add_dnc_phone' ? 'add' : 'delete'
    const read = readDncReply(http_status, reply, {
      change,
      phoneNumber,
      campaign: campaign === 'SYSTEM_INTERNAL' ? undefined : campaign
    })
    return [exchange.id, 'code' in read ? read.code : 'result' in read ? read.result : read.kind]
  })
  t.strictSame(Object.fromEntries(seen), expected)
  const asked = { change: 'add', phoneNumber: '2125550001', campaign: 'CAMPA' } as const
  const there = 'ERROR: add_dnc_phone DNC NUMBER ALREADY EXISTS: |api|2125550001|CAMPA\n'
  t.strictSame(readDncReply(200, there, asked), { kind: 'dnc', result: 'already_there' })
  t.equal(readDncReply(500, '', asked).kind, 'not_made')
})

test('a do-not-call reply about another number or change, or that contradicts itself, is not trusted', async (t) => {
  const asked = { change: 'add', phoneNumber: '2125550001', campaign: 'CAMPA' } as const
  const added = 'SUCCESS: add_dnc_phone DNC NUMBER HAS BEEN ADDED - api|2125550001|CAMPA\n'
  const there = 'ERROR: add_dnc_phone DNC NUMBER ALREADY EXISTS: |api|2125550001|CAMPA\n'
  t.strictSame(readDncReply(200, added, asked), { kind: 'dnc', result: 'added' })
  for (const reply of [added, there]) {
    t.equal(readDncReply(200, reply, { ...asked, phoneNumber: '2125550002' }).kind, 'unclear')
    t.equal(readDncReply(200, reply, { ...asked, campaign: 'CAMPB' }).kind, 'unclear')
    t.equal(readDncReply(200, reply, { ...asked, campaign: undefined }).kind, 'unclear')
    t.equal(readDncReply(200, reply, { ...asked, change: 'delete' }).kind, 'unclear')
  }
  t.equal(readDncReply(200, added.replace('SUCCESS', 'ERROR'), asked).kind, 'unclear')
  t.equal(readDncReply(200, added.replace('SUCCESS', 'NOTICE'), asked).kind, 'unclear')
  t.equal(readDncReply(200, there.replace('ERROR', 'SUCCESS'), asked).kind, 'unclear')
})

test('reads a list, and that there is no list', async (t) => {
  const [info] = stepsWith({ function: 'list_info', list_id: '103' })
  const [none] = stepsWith({ function: 'list_info', list_id: '777' })
  const tabs = info?.reply.replaceAll('|', '\t') ?? ''
  t.strictSame(readListReply(200, tabs, '103'), { kind: 'list_found' })
  t.equal(readListReply(200, tabs, '102').kind, 'unclear')
  t.equal(readListReply(200, tabs.slice(0, -1), '103').kind, 'unclear')
  t.match(readListReply(200, none?.reply ?? '', '777'), { kind: 'refused', code: 'list_not_found' })
  const permission = 'ERROR: list_info USER DOES NOT HAVE PERMISSION TO MODIFY LISTS: |api|0\n'
  t.match(readListReply(200, permission, '103'), { code: 'upstream_permission_denied', detail: /list_info/ })
})

test('no reader throws, or reads a lead out of noise', (t) => {
  const words = [
    'SUCCESS: ',
    'NOTICE: ',
    'ERROR: ',
    'update_lead ',
    'LEAD HAS BEEN ADDED - ',
    '|',
    '\n',
    '\t',
    '7',
    "'"
  ]
  const noise = fc
    .array(fc.oneof(fc.constantFrom(...words), fc.string({ maxLength: 5 })))
    .map((parts) => parts.join(''))
  fc.assert(
    fc.property(fc.constantFrom(200, 404, 500, 502), noise, (status, text) => {
      readFieldReply(status, text)
      const kinds: string[] = [
        readUpsertReply(status, text, { phoneNumber: '3125550199', list: 101 }).kind,
        readLeadReply(status, text, 7).kind,
        readHopperReply(status, text, [7, 8]).kind,
        readLeadActionReply(status, text, 7).kind,
        readDncReply(status, text, { change: 'add', phoneNumber: '2125550001', campaign: undefined }).kind,
        readListReply(status, text, '101').kind
      ]
      return !kinds.some((kind) => ['added', 'lead', 'queued', 'list_found', 'dnc'].includes(kind))
    }),
    { numRuns: 500 }
  )
  t.end()
})
