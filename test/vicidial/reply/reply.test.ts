import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { test } from 'tap'
import type { SearchReply, UpdateReply } from '../../../src/vicidial/reply/reply.ts'
import { readSearchReply } from '../../../src/vicidial/reply/search-reply.ts'
import { readUpdateReply } from '../../../src/vicidial/reply/update-reply.ts'

interface Step {
  readonly params?: Readonly<Record<string, string>>
  readonly http_status: number
  readonly reply: string
  readonly changed: Readonly<Record<string, unknown>>
}

const LIMIT = 10
const recorded = readFileSync('test/fixtures/transcripts.jsonl', 'utf8')
  .trimEnd()
  .split('\n')
  .map((line): { id: string; steps: Step[] } => JSON.parse(line))
const steps = recorded.flatMap(({ id, steps }) => steps.map((step) => ({ id, ...step })))

/** A reply in short: its kind, what it names, and its code. */
function outline(reply: UpdateReply | SearchReply): unknown[] {
  if (reply.kind === 'updated') return ['updated', [...reply.leads], reply.customFields]
  if (reply.kind === 'not_found') return ['not_found', [...reply.leads]]
  if (reply.kind === 'found' || reply.kind === 'limit_reached') return [reply.kind, [...reply.leads]]
  return reply.kind === 'refused' ? ['refused', reply.code] : [reply.kind]
}

function read(httpStatus: number, text: string): unknown[] {
  return outline(readUpdateReply(httpStatus, text))
}

function search(text: string, keys: readonly string[], limit = LIMIT, httpStatus = 200): unknown[] {
  return outline(readSearchReply(httpStatus, text, keys, limit))
}

test('reads every recorded update as what it changed, or as its refusal', async (t) => {
  const updates = steps.filter(({ params }) => /^(batch_)?update_lead$/.test(params?.['function'] ?? ''))
  t.ok(updates.length > 290, `${updates.length} updates`)
  for (const { id, http_status, reply, changed } of updates) {
    const said = readUpdateReply(http_status, reply)
    const good = reply.split('\n').filter((line) => /^SUCCESS|VALUES UPDATED/.test(line))
    const named = good.flatMap((line) =>
      line.startsWith('SUCCESS: batch')
        ? (line.split('|').at(-1)?.split(',') ?? [])
        : [line.split('|')[1] ?? '']
    )
    const leads = said.kind === 'updated' ? [...said.leads].map(String) : []
    const unnamed = Object.keys(changed).filter((lead) => !leads.includes(lead))
    if (String(leads) !== String([...new Set(named)]) || unnamed.length > 0) t.fail(`${id}: ${leads}`)
    if ((said.kind === 'updated') !== good.length > 0) t.fail(`${id}: ${said.kind}`)
  }
})

/** How each recorded exchange that did not succeed is to be read. */
const NOT_UPDATED: Record<string, unknown[]> = {
  'batch/all-unknown': ['not_found', [998, 999]],
  'batch/no-fields': ['refused', 'upstream_error'],
  'batch/trailing-comma': ['not_made'],
  'batch/leading-comma': ['not_made'],
  'batch/records-0': ['not_found', [101, 102, 103]],
  'batch/list-move-undefined-checked': ['refused', 'list_not_found'],
  'batch/get-json-leads-data': ['refused', 'upstream_error'],
  'batch/json-body': ['refused', 'upstream_login_failed'],
  'batch/function-case': ['refused', 'upstream_error'],
  'permission/batch-no-ids-api7': ['refused', 'upstream_permission_denied'],
  'permission/update-api7': ['refused', 'upstream_permission_denied'],
  'permission/batch-api6': ['refused', 'upstream_login_failed'],
  'permission/batch-noaccess': ['refused', 'upstream_permission_denied'],
  'permission/update-nomodify': ['refused', 'upstream_permission_denied'],
  'permission/batch-onlyadd': ['refused', 'upstream_permission_denied'],
  'permission/batch-no-ids-onlybatch': ['refused', 'upstream_error'],
  'permission/batch-inactive': ['refused', 'upstream_login_failed'],
  'permission/restricted-other-list': ['not_found', [109]],
  'permission/restricted-move-forbidden': ['refused', 'list_not_allowed'],
  'auth/unknown-user': ['refused', 'upstream_login_failed'],
  'auth/no-user': ['refused', 'upstream_login_failed'],
  'function/unknown': ['refused', 'upstream_error'],
  'function/missing': ['refused', 'upstream_error'],
  'function/version-needs-no-login': ['unclear'],
  'update/unknown': ['not_found', [999]],
  'update/no-fields': ['refused', 'upstream_error'],
  'update/by-vendor-code-unknown': ['not_found', []],
  'update/no-search-value': ['refused', 'upstream_error'],
  'update/list-move-undefined-checked': ['refused', 'list_not_found'],
  'update/source-one-char': ['refused', 'upstream_error'],
  'wire/backslash-comments-middle': ['updated', [101], 'not_mentioned']
}

test('distinguishes the recorded refusals', async (t) => {
  const seen = recorded
    .filter(({ id }) => id in NOT_UPDATED)
    .map(({ id, steps }) => [id, read(steps[0]?.http_status ?? 0, steps[0]?.reply ?? '')])
  t.strictSame(Object.fromEntries(seen), NOT_UPDATED)
  const lockout = recorded.find(({ id }) => id === 'auth/lockout')?.steps ?? []
  t.strictSame(
    lockout.map(({ http_status, reply }) => read(http_status, reply)[1]),
    [...Array(10).fill('upstream_login_failed'), ...Array(2).fill('upstream_locked_out')]
  )
})

test('reads every recorded look-up by its keys', async (t) => {
  const found: Record<string, unknown[]> = {
    'permission/search-api8': ['found', [['CRM-1', [101]]]],
    'permission/search-api7': ['refused', 'upstream_permission_denied'],
    'permission/search-api6': ['refused', 'upstream_login_failed'],
    'permission/search-nomodify': ['refused', 'upstream_permission_denied'],
    'permission/search-onlybatch': ['refused', 'upstream_permission_denied'],
    'permission/search-inactive': ['refused', 'upstream_login_failed'],
    'permission/search-noreports': ['found', [['CRM-1', [101]]]],
    'permission/restricted-search-other': ['found', [['CRM-9', [109]]]],
    'search/vendor-one': ['found', [['CRM-1', [101]]]],
    'search/vendor-none': ['not_found', []],
    'search/vendor-records-cut': [
      'limit_reached',
      [
        ['CRM-1', []],
        ['CRM-2', [102]],
        ['CRM-3', [103]]
      ]
    ],
    'search/vendor-header': ['found', [['CRM-1', [101]]]],
    'search/phone-many': [
      'found',
      [
        ['2125550001', [101]],
        ['2125550099', []],
        ['2125550002', [102]]
      ]
    ],
    'search/phone-default-method': ['found', [['2125550001', [101]]]],
    'search/phone-none': ['not_found', []],
    'search/vendor-plus': ['not_found', []],
    'wire/search-apostrophe-then-records': ['not_found', []]
  }
  const seen = steps
    .filter(({ id }) => id in found)
    .map(({ id, params, http_status, reply }) => {
      const keys = (params?.['vendor_lead_code'] ?? params?.['phone_number'] ?? '').split(',')
      return [id, search(reply, keys, Number(params?.['records']), http_status)]
    })
  t.strictSame(Object.fromEntries(seen), found)
  const others = steps.filter(({ id, params }) => params?.['function'] === 'lead_search' && !(id in found))
  t.strictSame(
    others.map(({ id }) => id),
    ['search/lead-ids', 'search/nothing'],
    'which the gateway never asks'
  )
})

test('every text of the contract and its official variants has one meaning', async (t) => {
  const done = 'SUCCESS: batch_update_lead LEADS HAVE BEEN UPDATED - '
  const one = 'SUCCESS: update_lead LEAD HAS BEEN UPDATED - '
  const custom = 'NOTICE: update_lead CUSTOM FIELDS'
  const texts: [text: string, ...meaning: unknown[]][] = [
    [`${done}api|2|3|103,102,101`, 'updated', [103, 102, 101], 'not_mentioned'],
    [`${done}api|0|1|101`, 'updated', [101], 'not_mentioned'],
    [`${done}6666|2|101,102`, 'updated', [101, 102], 'not_mentioned'],
    [`${done}api|-1|2|102,101`, 'not_made'],
    [`${one}api|101|1|||`, 'updated', [101], 'not_mentioned'],
    [`${one}api|101|0|||`, 'updated', [101], 'not_mentioned'],
    [`${one}api|101|-1|||`, 'not_made'],
    [`${one}api|101|1|||\n${one}api|102|0|||`, 'updated', [101, 102], 'not_mentioned'],
    [`${custom} VALUES UPDATED - |101|101|0|101|1`, 'updated', [101], 'stored'],
    [`${custom} VALUES UPDATED - 2125550001|101|101|0|101|0`, 'updated', [101], 'stored'],
    [`${one}api|101|1|||\n${custom} VALUES UPDATED - |101|101|0|101|1`, 'updated', [101], 'stored'],
    [
      `${one}api|101|1|||\n${custom} NOT ADDED, NO CUSTOM FIELDS DEFINED FOR THIS LIST - |101|101`,
      'updated',
      [101],
      'not_defined'
    ],
    [`${one}api|101|1|||\n${custom} DISABLED`, 'updated', [101], 'disabled'],
    [`${custom} NOT ADDED, NO CUSTOM FIELDS DEFINED FOR THIS LIST - |101|101`, 'refused', 'field_unknown'],
    [`${custom} DISABLED`, 'refused', 'field_unknown'],
    ['ERROR: batch_update_lead NO MATCHES FOUND IN THE SYSTEM: |api|998,999', 'not_found', [998, 999]],
    ['ERROR: batch_update_lead NO LEADS FOUND - 6666|998,999', 'not_found', []],
    ['ERROR: update_lead NO MATCHES FOUND IN THE SYSTEM: |api|999||', 'not_found', [999]],
    ['ERROR: LEAD NOT FOUND: |api|102', 'not_found', [102]],
    ['ERROR: update_lead NOT AN ALLOWED LIST ID, RESULTS - 102', 'not_found', []],
    ['ERROR: batch_update_lead NOT AN ALLOWED LIST ID - api|102', 'refused', 'list_not_allowed'],
    [
      'ERROR: batch_update_lead NOT A DEFINED LIST ID, LIST EXISTS CHECK ENABLED - api|777',
      'refused',
      'list_not_found'
    ],
    ['ERROR: Login incorrect, please try again: |api|s3cret|BAD|', 'refused', 'upstream_login_failed'],
    ['ERROR: Too many login attempts, try again in 15 minutes: |api|LOCK|', 'refused', 'upstream_locked_out'],
    [
      'ERROR: Your IP Address is not allowed: IP: |10.0.0.1|IPBLOCK|',
      'refused',
      'upstream_permission_denied'
    ],
    [
      'ERROR: auth USER DOES NOT HAVE PERMISSION TO USE THIS FUNCTION: |api|batch_update_lead|',
      'refused',
      'upstream_permission_denied'
    ],
    [
      'ERROR: batch_update_lead USER DOES NOT HAVE PERMISSION TO UPDATE LEADS IN THE SYSTEM: |api|0|',
      'refused',
      'upstream_permission_denied'
    ],
    ['ERROR: NO FUNCTION SPECIFIED', 'refused', 'upstream_error'],
    ['ERROR: batch_update_lead NO LEADS DEFINED - api|', 'refused', 'upstream_error'],
    ['ERROR: INVALID JSON FORMAT', 'refused', 'upstream_error'],
    ['ERROR: Invalid Source - a\nERROR: Invalid Source: |a|', 'refused', 'upstream_error'],
    ['ERROR: something that nobody has seen yet', 'refused', 'upstream_error']
  ]
  for (const [text, ...meaning] of texts) {
    t.strictSame(read(200, `${text}\n`), meaning, text)
    t.strictSame(read(500, `${text}\n`), meaning, `HTTP 500 with ${text}`)
    t.strictSame(read(200, `${text}\n`.replaceAll('\n', '\r\n')), meaning, `${text} with CRLF`)
    t.strictSame(read(200, `<br />\n<b>Warning</b>: x\n${text}\n`), meaning, `a warning of PHP, then ${text}`)
  }
})

test('a success stays one when PHP breaks off after it with HTTP 500', async (t) => {
  const success = 'SUCCESS: batch_update_lead LEADS HAVE BEEN UPDATED - api|1|1|101\n'
  for (const rest of [
    '',
    '<br />\n<b>Fatal error</b>: Uncaught mysqli_sql_exception',
    'PHP Fatal error\n',
    'NOTICE: update_le'
  ])
    t.strictSame(read(500, success + rest), ['updated', [101], 'not_mentioned'], rest)
  t.strictSame(read(200, `${success}<!-- a footer -->`), ['updated', [101], 'not_mentioned'])
  t.strictSame(read(200, `${success}NOTICE: update_le`), ['unclear'])
})

test('a status word counts only at the start of a line, and other notices say nothing about custom fields', async (t) => {
  const success = 'SUCCESS: update_lead LEAD HAS BEEN UPDATED - api|101|1|||\n'
  for (const text of [
    `<b>${success}`,
    ` ${success}`,
    'it said ERROR: Login incorrect\n',
    `${success.trim()}\u2028x\n`
  ])
    t.strictSame(read(200, text), ['unclear'])
  const notice = 'NOTICE: update_lead SOMETHING ELSE - |101|101\n'
  t.strictSame(read(200, success + notice), ['updated', [101], 'not_mentioned'])
  const login = 'ERROR: Login incorrect, please try again: |api|x|BAD|\n'
  t.strictSame(read(200, notice + login), ['refused', 'upstream_login_failed'])
  t.strictSame(search(notice + login, ['CRM-1']), ['refused', 'upstream_login_failed'])
  for (const text of ['ERROR: update_lead CUSTOM FIELDS\n', 'ERROR:\n'])
    t.strictSame(read(200, text), ['refused', 'upstream_error'], text)
})

test('a refused login counts even if the rest of the reply is missing, because it must never be tried twice', async (t) => {
  for (const [text, code] of [
    ['ERROR: Login incorrect', 'upstream_login_failed'],
    ['ERROR: Login incorrect, please try again: |api|s3c', 'upstream_login_failed'],
    ['<br />\n<b>Warning</b>: x\nERROR: Login incorrect, pl', 'upstream_login_failed'],
    ['ERROR: Too many login attempts', 'upstream_locked_out'],
    ['ERROR: Too many login attempts, try again in 15 min', 'upstream_locked_out']
  ] as const) {
    t.strictSame(read(200, text), ['refused', code], text)
    t.strictSame(search(text, ['CRM-1']), ['refused', code], text)
  }
  for (const text of ['ERROR: Login inc', 'the page said ERROR: Login incorrect', 'ERROR: NO LEADS DEF'])
    t.strictSame(read(200, text), ['unclear'], text)
})

test("a refusal says in the gateway's own words what to check", async (t) => {
  const told: [text: string, detail: RegExp][] = [
    ['ERROR: Login incorrect, please try again: |api|x|BAD|', /refused the login/],
    ['ERROR: Too many login attempts, try again in 15 minutes: |api|LOCK|', /locked .* out for 15 minutes/],
    ['ERROR: Your IP Address is not allowed: IP: |10.0.0.1|IPBLOCK|', /IP list forbids/],
    ['ERROR: auth USER DOES NOT HAVE PERMISSION TO USE THIS FUNCTION: |api|x|', /does not permit/],
    ['ERROR: batch_update_lead NOT A DEFINED LIST ID - api|777', /no list with this id/],
    ['ERROR: batch_update_lead NOT AN ALLOWED LIST ID - api|102', /account may not use this list/],
    ['ERROR: INVALID JSON FORMAT', /could not read leads_data/],
    ['ERROR: batch_update_lead NO LEADS DEFINED - api|', /VICIDIAL_DIALECT/],
    ['ERROR: update_lead NO VALID SEARCH METHOD - api|LEAD_ID|||', /an unknown error/],
    ['ERROR: lead_field_info INVALID SEARCH PARAMETERS: api|2|', /an unknown error/],
    ['ERROR: NO FUNCTION SPECIFIED', /does not know the function/],
    ['ERROR: Invalid Source: |a|', /does not take the source/],
    ['ERROR: something that nobody has seen yet', /an unknown error/],
    ['NOTICE: update_lead CUSTOM FIELDS DISABLED', /no such custom fields/],
    ['SUCCESS: update_lead LEAD HAS BEEN UPDATED - api|101|-1|||', /could not write to its database/],
    ['SUCCESS: update_lead LEAD HAS BEEN UPDATED', /done, but not completely/],
    ['<h1>It works!</h1>', /something that is not a VICIdial answer \(HTTP 200\)/],
    ['', /answered with nothing, .* nothing was done/]
  ]
  for (const [text, detail] of told) t.match(readUpdateReply(200, `${text}\n`), { detail }, text)
  t.match(readUpdateReply(200, 'SUCCESS: update_le'), { detail: /half an answer \(HTTP 200\)/ })
  t.match(readSearchReply(200, 'CRM-1|1|10', ['CRM-1'], LIMIT), { detail: /half an answer \(HTTP 200\)/ })
  t.match(readSearchReply(200, 'CRM-2|1|10\n', ['CRM-1'], LIMIT), { detail: /not a VICIdial answer/ })
  t.match(readSearchReply(502, '', ['CRM-1'], LIMIT), { detail: /not a VICIdial answer \(HTTP 502\)/ })
  t.match(readUpdateReply(500, ''), { detail: /failed with HTTP 500/ })
  t.match(readUpdateReply(404, ''), { detail: /^VICIDIAL_URL answered with HTTP 404/ })
  for (const httpStatus of [403, 406]) {
    const detail = /^A server before VICIdial refused the call .* for a value in it/
    t.match(readUpdateReply(httpStatus, '<h1>Forbidden</h1>'), { kind: 'refused', detail }, `${httpStatus}`)
  }
  t.match(readUpdateReply(429, ''), { detail: /^A server before VICIdial .* \(HTTP 429\); it may later/ })
})

test('a reply that is unclear says what is wrong with it', async (t) => {
  const told: [text: string, detail: string][] = [
    ['Could not execute: ', 'VICIdial could not write the custom fields to its database.'],
    [
      'NOTICE: update_lead CUSTOM FIELDS VALUES UPDATED - |0|101|0|101|1\n',
      'VICIdial named a lead by an invalid id.'
    ]
  ]
  for (const [text, detail] of told)
    t.strictSame(readUpdateReply(200, text), { kind: 'unclear', detail }, text)
  t.strictSame(readSearchReply(200, 'CRM-1|1|5\nCRM-1|1|6\n', ['CRM-1'], LIMIT), {
    kind: 'unclear',
    detail: 'VICIdial named different leads for one key.'
  })
})

test('a refusal that a failed SELECT can cause names the tables that VICIdial looked into', async (t) => {
  const cases: [text: string, reply: UpdateReply][] = [
    [
      'ERROR: batch_update_lead NO MATCHES FOUND IN THE SYSTEM: |api|999',
      { kind: 'not_found', basis: 'leads', leads: new Set([999]) }
    ],
    [
      'ERROR: update_lead NOT AN ALLOWED LIST ID, RESULTS - 102',
      { kind: 'not_found', basis: 'lists', leads: new Set() }
    ],
    // Before build 230308.
    [
      'ERROR: update_lead NOT AN ALLOWED LIST ID - 102',
      { kind: 'not_found', basis: 'lists', leads: new Set() }
    ],
    [
      'ERROR: update_lead NOT A DEFINED LIST ID, LIST EXISTS CHECK ENABLED - |777',
      {
        kind: 'refused',
        code: 'list_not_found',
        detail: 'VICIdial has no list with this id.',
        basis: 'lists'
      }
    ],
    [
      'ERROR: batch_update_lead NOT AN ALLOWED LIST ID - restricted|102',
      {
        kind: 'refused',
        code: 'list_not_allowed',
        detail: "The gateway's VICIdial account may not use this list.",
        basis: 'lists'
      }
    ],
    [
      'ERROR: lead_all_info LIST NOT FOUND: api|101||777',
      {
        kind: 'refused',
        code: 'lead_unreadable',
        detail: "VICIdial reads no lead of a list that is not defined, or not the account's.",
        basis: 'lists'
      }
    ],
    [
      'NOTICE: update_lead CUSTOM FIELDS DISABLED',
      {
        kind: 'refused',
        code: 'field_unknown',
        detail: "The lead's list has no such custom fields.",
        basis: 'custom_fields'
      }
    ]
  ]
  for (const [text, reply] of cases) t.strictSame(readUpdateReply(200, `${text}\n`), reply, text)
})

test('a pipe in the name of the account does not hide which leads VICIdial did not find', async (t) => {
  for (const user of ['crm|api7', 'crm|7up', 'crm|7,up', 'crm|1,2,']) {
    const text = `ERROR: batch_update_lead NO MATCHES FOUND IN THE SYSTEM: |${user}|998,999\n`
    t.strictSame(read(200, text), ['not_found', [998, 999]], text)
  }
})

test('an error is read from its own line, and not from a notice before it', async (t) => {
  const missing = 'ERROR: update_lead NO MATCHES FOUND IN THE SYSTEM: |api|999||\n'
  for (const notice of ['update_lead SOMETHING ELSE - |101', 'Login incorrect', 'Invalid Source: '])
    t.strictSame(read(200, `NOTICE: ${notice}\n${missing}`), ['not_found', [999]], notice)
})

test('a reply about another call is unclear, and a refusal stays one', async (t) => {
  const success = 'SUCCESS: batch_update_lead LEADS HAVE BEEN UPDATED - api'
  const of = (name: string, leads: number[], text: string) =>
    outline(readUpdateReply(200, `${text}\n`, { function: name, leads: new Set(leads) }))
  const batch = (text: string) => of('batch_update_lead', [101, 102], text)
  const single = (text: string) => of('update_lead', [101], text)
  t.strictSame(batch(`${success}|1|1|101`), ['updated', [101], 'not_mentioned'])
  for (const text of [
    `${success}|1|1|103`,
    `${success}|2|2|103,101`,
    `${success}|1|1|1|101`,
    `${success}|1|1|101\n${success}|1|1|103`,
    'SUCCESS: update_lead LEAD HAS BEEN UPDATED - api|101|1|||',
    'SUCCESS: batch LEADS HAVE BEEN UPDATED - api|1|1|101',
    'SUCCESS: hopper_bulk_insert LEADS HAVE BEEN INSERTED INTO THE HOPPER - 1|0|101',
    'NOTICE: update_lead CUSTOM FIELDS VALUES UPDATED - |101|101|0|101|1',
    `${success}|1|1|101\nNOTICE: update_lead CUSTOM FIELDS VALUES UPDATED - |101|101|0|101|1`,
    `${success}|1|1|101\nERROR: update_lead NO MATCHES FOUND IN THE SYSTEM: |api|101||`,
    'ERROR: batch_update_lead NO MATCHES FOUND IN THE SYSTEM: |api|103',
    'ERROR: update_lead NO MATCHES FOUND IN THE SYSTEM: |api|101||',
    'ERROR: lead_all_info LEAD NOT FOUND: api|101|',
    'ERROR: LEAD NOT FOUND: |api|103'
  ])
    t.strictSame(batch(text), ['unclear'], text)
  t.strictSame(batch('ERROR: LEAD NOT FOUND: |api|102'), ['not_found', [102]])
  for (const notice of ['auth SOMETHING ELSE: |api|', 'SOMETHING ELSE FOR lead 101'])
    t.strictSame(
      batch(`${success}|1|1|101\nNOTICE: ${notice}`),
      ['updated', [101], 'not_mentioned'],
      `${notice} begins with the name of no other function`
    )
  t.strictSame(batch('ERROR: batch_update_lead NO MATCHES FOUND IN THE SYSTEM: |api|101,102'), [
    'not_found',
    [101, 102]
  ])
  t.strictSame(single('ERROR: update_lead NOT AN ALLOWED LIST ID, RESULTS - 102'), ['not_found', []])
  t.strictSame(single(`${success}|1|1|101`), ['unclear'])
  t.strictSame(single('ERROR: batch_update_lead NO MATCHES FOUND IN THE SYSTEM: |api|101'), ['unclear'])
  const login = 'ERROR: Login incorrect: |api|x|BAD|'
  for (const text of [`ERROR: lead_search NO MATCHES FOUND\n${login}`, `${login}\nERROR: LEAD NOT FOUND`])
    t.strictSame(single(text), ['refused', 'upstream_login_failed'], text)
})

test('a look-up that finds nothing must be about the keys, and one that finds leads must not contradict itself', async (t) => {
  const none = 'NO MATCHES FOUND IN THE SYSTEM: |api||'
  t.strictSame(search(`ERROR: lead_search ${none}CRM-1,CRM-2|\n`, ['CRM-1', 'CRM-2']), ['not_found', []])
  t.strictSame(search(`ERROR: lead_search ${none}CRM-3|\n`, ['CRM-1', 'CRM-2']), ['unclear'])
  t.strictSame(search('CRM-1|1|5\nCRM-1|1|5\n', ['CRM-1']), ['found', [['CRM-1', [5]]]])
  t.strictSame(search('CRM-1|1|5\nCRM-1|1|6\n', ['CRM-1']), ['unclear'])
})

test('without a status line the HTTP status decides', async (t) => {
  const page = '<html><h1>Proxy Error</h1></html>\n'
  const replies: [status: number, text: string, ...meaning: unknown[]][] = [
    [200, '', 'refused', 'upstream_error'],
    [200, '\n', 'refused', 'upstream_error'],
    [500, '', 'not_made'],
    [500, page, 'unclear'],
    [200, page, 'unclear'],
    [502, '', 'unclear'],
    [503, page, 'unclear'],
    [504, page, 'unclear'],
    [299, page, 'unclear'],
    [300, page, 'refused', 'upstream_error'],
    [301, '', 'refused', 'upstream_error'],
    [499, page, 'refused', 'upstream_error'],
    [408, page, 'not_made'],
    [425, page, 'not_made'],
    [429, page, 'not_made'],
    [401, page, 'refused', 'upstream_error'],
    [404, page, 'refused', 'upstream_error'],
    [200, 'VERSION: 2.14-202|BUILD: 250720-1841|\n', 'unclear'],
    [200, '{"status":"ok","lead_id":101}\n', 'unclear']
  ]
  for (const [status, text, ...meaning] of replies)
    t.strictSame(read(status, text), meaning, `${status} ${text}`)
})

test('a success that does not add up is not believed', async (t) => {
  const done = 'SUCCESS: batch_update_lead LEADS HAVE BEEN UPDATED'
  for (const text of [
    done,
    `${done} - api`,
    `${done} - api|1`,
    `${done} - api|1|1|`,
    `${done} - api|2|2|101`,
    `${done} - api|1|1|101,`,
    `${done} - api|1|1|,101`,
    `${done} - api|1|1|101 102`,
    `${done} - api|1|1|1o1`,
    'SUCCESS: update_lead LEAD HAS BEEN UPDATED - api|101',
    'SUCCESS: update_lead LEAD HAS BEEN UPDATED - api||1|||',
    'SUCCESS: update_lead LEAD HAS BEEN UPDATED - api|0|1|||',
    'SUCCESS: update_lead LEAD HAS BEEN UPDATED - api|x|1|||',
    'SUCCESS: update_lead LEAD HAS BEEN UPDATED',
    'SUCCESS:'
  ])
    t.strictSame(read(200, `${text}\n`), ['unclear'], text)
})

test('a lead id that VICIdial cannot have given is not believed in any reply', async (t) => {
  const none = ['1e2', '0x65', ' 101', '101.0', '+101', '1o1', '-1', '', '0', '00', '0101', '1000000000']
  const long = ['9007199254740993', '18446744073709551616', '9'.repeat(400)]
  for (const id of [...none, ...long]) {
    for (const text of [
      `SUCCESS: update_lead LEAD HAS BEEN UPDATED - api|${id}|1|||`,
      `NOTICE: update_lead CUSTOM FIELDS VALUES UPDATED - |${id}|101|0|101|1`,
      `SUCCESS: batch_update_lead LEADS HAVE BEEN UPDATED - api|1|1|${id}`,
      `SUCCESS: batch_update_lead LEADS HAVE BEEN UPDATED - api|2|2|101,${id}`,
      `SUCCESS: batch_update_lead LEADS HAVE BEEN UPDATED - api|2|101,${id}`
    ])
      t.strictSame(read(200, `${text}\n`), ['unclear'], text)
    t.strictSame(search(`A|1|101\nB|2|102-${id}\n`, ['A', 'B']), ['unclear'], `a search finds ${id}`)
    if (id !== '') t.strictSame(search(`A|1|${id}\n`, ['A']), ['unclear'], `a search finds ${id} alone`)
  }
  for (const id of [1, 999_999_999]) {
    const text = `SUCCESS: update_lead LEAD HAS BEEN UPDATED - api|${id}|1|||\n`
    t.strictSame(read(200, text), ['updated', [id], 'not_mentioned'], 'the least id and the greatest are ids')
  }
})

test('a count that is written differently, or a lead that is named twice, is not believed', async (t) => {
  const done = 'SUCCESS: batch_update_lead LEADS HAVE BEEN UPDATED - api'
  for (const text of [`${done}|1|01|101`, `${done}|1|1e0|101`, `${done}|2|2|101,101`, `${done}|2|101,101`])
    t.strictSame(read(200, `${text}\n`), ['unclear'], text)
  for (const line of ['A|01|101', 'A|00|', 'A|2|101-101', 'A|02|101-101', `A|${'1'.repeat(30)}|101`])
    t.strictSame(search(`${line}\n`, ['A']), ['unclear'], line)
})

/** Ids in a text's complete SUCCESS and NOTICE lines. */
function literalIds(text: string): Set<string> {
  const lines = text.split('\n').slice(0, -1)
  return new Set(lines.flatMap((line) => (/^(SUCCESS|NOTICE):/.test(line) ? (line.match(/\d+/g) ?? []) : [])))
}

const MAX_LEAD_ID = 999_999_999
const PARTS = [
  ...[
    'SUCCESS: ',
    'NOTICE: ',
    'ERROR: ',
    'batch_update_lead ',
    'update_lead ',
    'LEADS HAVE BEEN UPDATED',
    ' - '
  ],
  ...[
    'CUSTOM FIELDS VALUES UPDATED',
    'CUSTOM FIELDS',
    'NO MATCHES FOUND',
    'LEAD NOT FOUND: ',
    'api',
    '|',
    '||'
  ],
  ...[
    ',',
    '-1',
    '-',
    '1',
    '2',
    '101',
    '102,101',
    '0',
    '1e2',
    '0x65',
    ' 101 ',
    '101.5',
    '\n',
    '\r\n',
    '\r',
    '\0'
  ],
  ...['\u2028', '<b>', '99999999999999999999', '\ud800', 'é', '😀']
]
const noise = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.array(fc.constantFrom(...PARTS), { maxLength: 25 }).map((parts) => parts.join(''))
  },
  {
    weight: 5,
    arbitrary: fc
      .array(fc.constantFrom(...PARTS), { maxLength: 12 })
      .map((parts) => `SUCCESS: update_lead LEAD HAS BEEN UPDATED - api|${parts.join('')}\n`)
  },
  {
    weight: 5,
    arbitrary: fc
      .array(fc.constantFrom(...PARTS), { maxLength: 12 })
      .map((parts) => `NOTICE: update_lead CUSTOM FIELDS VALUES UPDATED - ${parts.join('')}\n`)
  },
  {
    weight: 1,
    arbitrary: fc.array(fc.nat(0xffff), { maxLength: 200 }).map((codes) => String.fromCharCode(...codes))
  }
)
const status = fc.oneof(fc.constantFrom(200, 500, 502, 301, 404), fc.integer({ min: 100, max: 599 }))

test('for any text, no lead is updated that is not in a complete line', async (t) => {
  const literal = fc.property(status, noise, (httpStatus, text) => {
    const reply = readUpdateReply(httpStatus, text)
    if (reply.kind !== 'updated') return
    const ids = literalIds(text)
    for (const lead of reply.leads) {
      if (lead <= MAX_LEAD_ID && !ids.has(String(lead))) throw new Error(`lead ${lead} was made up`)
    }
  })
  t.doesNotThrow(() => fc.assert(literal, { numRuns: 3_000 }))
})

test('for any text, a look-up finds no lead that is not in the line of its key', async (t) => {
  const KEYS = ['CRM-1', 'a|b', '101', '1|2|3']
  const lines = fc.array(
    fc.tuple(
      fc.constantFrom(...KEYS, '', 'x', 'ERROR: ', 'CRM'),
      fc.constantFrom('|', '', '||'),
      fc.constantFrom('0', '1', '2', '-1', ''),
      fc.constantFrom('|', ''),
      fc.constantFrom('', '7', '7-8', '7-', '-8', '7,8', 'x', '7-8-9'),
      fc.constantFrom('\n', '\n', '\r\n', '')
    ),
    { maxLength: 8 }
  )
  const text = fc.oneof(
    lines.map((lines) => lines.flat().join('')),
    noise
  )
  const literal = fc.property(status, text, (httpStatus, text) => {
    const reply = readSearchReply(httpStatus, text, KEYS, LIMIT)
    if (reply.kind !== 'found' && reply.kind !== 'limit_reached') return
    for (const key of KEYS) {
      const leads = reply.leads.get(key)
      if (leads === undefined) throw new Error(`${key} is missing`)
      const row = `${key}|${leads.length}|${leads.join('-')}`
      const complete = text.split('\n').slice(0, -1)
      if (leads.length > 0 && !complete.includes(row)) throw new Error(`${row} was made up`)
    }
  })
  t.doesNotThrow(() => fc.assert(literal, { numRuns: 3_000 }))
})

test('a good reply cut anywhere is never read as a refusal, or as other leads', async (t) => {
  const good = steps.filter(
    ({ params, reply }) =>
      /^(batch_)?update_lead$/.test(params?.['function'] ?? '') &&
      /^(SUCCESS|NOTICE.*VALUES UPDATED)/.test(reply)
  )
  t.ok(good.length > 230, `${good.length} good replies`)
  for (const reply of new Set(good.map(({ reply }) => reply))) {
    const whole = readUpdateReply(200, reply)
    const leads = whole.kind === 'updated' ? whole.leads : new Set()
    for (let cut = 1; cut < reply.length; cut++) {
      const said = readUpdateReply(200, reply.slice(0, cut))
      const sound =
        said.kind === 'unclear' ||
        (said.kind === 'updated' && [...said.leads].every((lead) => leads.has(lead)))
      if (!sound) t.fail(`${JSON.stringify(reply.slice(0, cut))} is ${said.kind}`)
    }
  }
})

test('a reply cut within its custom fields line does not say that they were not stored', async (t) => {
  const first = 'SUCCESS: update_lead LEAD HAS BEEN UPDATED - api|101|1|||\n'
  const reply = `${first}NOTICE: update_lead CUSTOM FIELDS VALUES UPDATED - |101|101|0|101|1\n`
  const cuts = Array.from({ length: reply.length - first.length - 1 }, (_, n) => first.length + 1 + n)
  t.strictSame(
    cuts.map((cut) => reply.slice(0, cut)).filter((text) => read(200, text)[0] !== 'unclear'),
    []
  )
})

test('a look-up cut anywhere is unclear, and never reports that no lead was found', async (t) => {
  const reply = 'CRM-1|1|101\nCRM-2|0|\nCRM-3|3|103-113-1103\n'
  const keys = ['CRM-1', 'CRM-2', 'CRM-3']
  t.strictSame(search(reply, keys), [
    'found',
    [
      ['CRM-1', [101]],
      ['CRM-2', []],
      ['CRM-3', [103, 113, 1103]]
    ]
  ])
  for (let cut = 1; cut < reply.length; cut++)
    t.strictSame(search(reply.slice(0, cut), keys), ['unclear'], reply.slice(0, cut))
})

test('reads a look-up with any pipes in its keys, in any order', async (t) => {
  const keys = ['a|b', 'a', '|', '1|2|3', 'x|0|', "o'neil", 'été']
  const reply = "1|2|3|1|9\nété|1|5\na|b|2|8-7\n||0|\na|1|101\nx|0||0|\no'neil|1|6\n"
  t.strictSame(search(reply, keys), [
    'found',
    [
      ['1|2|3', [9]],
      ['été', [5]],
      ['a|b', [8, 7]],
      ['|', []],
      ['a', [101]],
      ['x|0|', []],
      ["o'neil", [6]]
    ]
  ])
})

test('a key may have many leads', async (t) => {
  const leads = Array.from({ length: 120 }, (_, n) => 1_000 - n)
  t.strictSame(search(`CRM-1|120|${leads.join('-')}\n`, ['CRM-1'], 121), ['found', [['CRM-1', leads]]])
})

test('a key with a Unicode line separator is read like any other', async (t) => {
  t.strictSame(search('a\u2028b|1|101\nCRM-1|1|102\n', ['a\u2028b', 'CRM-1']), [
    'found',
    [
      ['a\u2028b', [101]],
      ['CRM-1', [102]]
    ]
  ])
})

test('a look-up that omits a key, or whose count differs from its list, is not believed', async (t) => {
  const keys = ['CRM-1', 'CRM-2']
  for (const reply of [
    'CRM-1|1|101\n',
    'CRM-2|1|102\n',
    'CRM-1|2|101\nCRM-2|1|102\n',
    'CRM-1|0|101\nCRM-2|1|102\n',
    'CRM-1|1|\nCRM-2|1|102\n',
    'CRM-1|1|101\ncrm-2|1|102\n',
    'CRM-1|1|101-\nCRM-2|1|102\n',
    'CRM-1|1|101 CRM-2|1|102\n',
    'CRM-1|1|101|\nCRM-2|1|102\n'
  ])
    t.strictSame(search(reply, keys), ['unclear'], reply)
})

test('a look-up that reaches its limit is reported as such', async (t) => {
  const keys = ['CRM-1', 'CRM-2']
  const reply = 'CRM-1|2|101-100\nCRM-2|1|102\n'
  t.equal(search(reply, keys, 4)[0], 'found')
  t.equal(search(reply, keys, 3)[0], 'limit_reached')
  t.equal(search(reply, keys, 2)[0], 'limit_reached')
})

test('a look-up with a line for each key is whole, even with HTTP 500: the API log could not be written', async (t) => {
  t.strictSame(search('CRM-1|1|101\n', ['CRM-1'], LIMIT, 500), ['found', [['CRM-1', [101]]]])
  t.strictSame(search('CRM-1|1|101\nCRM-2|0|\n', ['CRM-1', 'CRM-2'], LIMIT, 500), [
    'found',
    [
      ['CRM-1', [101]],
      ['CRM-2', []]
    ]
  ])
  t.strictSame(search('CRM-1|1|101\nCRM-2|0|', ['CRM-1', 'CRM-2'], LIMIT, 500), ['unclear'], 'half of it')
  const none = 'ERROR: lead_search NO MATCHES FOUND IN THE SYSTEM: |api||CRM-1|\n'
  t.strictSame(search(none, ['CRM-1'], LIMIT, 500), ['not_found', []])
  t.strictSame(search('', ['CRM-1'], LIMIT, 500), ['not_made'])
  t.strictSame(search('', ['CRM-1'], LIMIT, 200), ['refused', 'upstream_error'])
})

test('a key that looks like a VICIdial error is just a key that is not found', async (t) => {
  for (const key of [
    'Login incorrect',
    'Invalid Source',
    'NO LEADS DEFINED',
    'LEAD NOT FOUND',
    '123',
    'ERROR: x'
  ])
    t.strictSame(
      search(`ERROR: lead_search NO MATCHES FOUND IN THE SYSTEM: |api||${key}|\n`, [key]),
      ['not_found', []],
      key
    )
})

test('what PHP 7 prints when its database is away is no answer: nothing was done', async (t) => {
  const warning =
    '<br />\n<b>Warning</b>:  mysqli_num_rows() expects parameter 1 to be mysqli_result, bool given in <b>/srv/x.php</b> on line <b>7</b><br />\n'
  for (const text of [
    'MySQL connect ERROR:  Connection refused',
    `${warning}ERROR: batch_update_lead NO MATCHES FOUND IN THE SYSTEM: |api|101\n`,
    `${warning}ERROR: lead_search NO MATCHES FOUND IN THE SYSTEM: |api||CRM-1|\n`,
    `${warning.replace('bool', 'boolean')}ERROR: batch_update_lead NOT AN ALLOWED LIST ID - api|101\n`,
    `${warning.replace('num_rows', 'fetch_row')}ERROR: batch_update_lead USER DOES NOT HAVE PERMISSION TO UPDATE LEADS IN THE SYSTEM: |api||\n`
  ]) {
    t.strictSame(read(200, text), ['not_made'], text)
    t.strictSame(search(text, ['CRM-1']), ['not_made'], text)
  }
  for (const [login, code] of [
    ['Login incorrect, please try again: |api|s3cret|BAD|', 'upstream_login_failed'],
    ['Too many login attempts, try again in 15 minutes: |api|LOCK|', 'upstream_locked_out']
  ] as const)
    t.strictSame(read(200, `${warning}ERROR: ${login}\n`), ['refused', code], 'a refused login always counts')
})

test('what VICIdial prints about its database counts only at the start of a line', async (t) => {
  t.strictSame(read(200, '<p>MySQL connect ERROR:  Connection refused</p>\n'), ['unclear'])
  t.strictSame(read(200, '<br />\nMySQL connect ERROR:  Connection refused'), ['not_made'])
  const echoed = 'NOTICE: update_lead CUSTOM FIELDS VALUES UPDATED - Could not execute: |101|101|0|101|1\n'
  t.strictSame(read(200, echoed), ['updated', [101], 'stored'], 'it may be echoed from the call')
})

test('custom fields that VICIdial could not write are not forgotten over the fields that it wrote', async (t) => {
  const text =
    'SUCCESS: update_lead LEAD HAS BEEN UPDATED - api|101|1|||\n<br />\n<b>Warning</b>:  mysqli_error() expects exactly 1 parameter, 0 given in <b>/srv/x.php</b> on line <b>9</b><br />\nCould not execute: '
  t.strictSame(read(200, text), ['unclear'])
})

test('the detail of a reply never repeats what VICIdial said', async (t) => {
  const secrets = ['s3cret', 'api', '10.9.8.7', '777', 'canary']
  const replies = [
    'ERROR: Login incorrect, please try again: |api|s3cret|BAD|\n',
    'ERROR: Your IP Address is not allowed: IP: |10.9.8.7|IPBLOCK|\n',
    'ERROR: batch_update_lead NOT A DEFINED LIST ID, LIST EXISTS CHECK ENABLED - api|777\n',
    'ERROR: canary s3cret\n',
    '<html>canary s3cret</html>',
    'SUCCESS: canary s3cret|\n'
  ]
  for (const text of replies) {
    for (const reply of [readUpdateReply(200, text), readSearchReply(200, text, ['CRM-1'], LIMIT)]) {
      const { detail } = reply as { detail: string }
      t.notOk(
        secrets.some((secret) => new RegExp(`\\b${secret}\\b`).test(detail)),
        detail
      )
    }
  }
})
