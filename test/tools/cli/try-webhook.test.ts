import { spawnSync } from 'node:child_process'
import { type Test, test } from 'tap'
import { BARE_ENV, run as runCommand, setEnv } from './run.ts'

const YAML = `
webhooks:
  - name: crm
    on_lossy: reject
    auth: { header: { header: X-Token, secrets: [canary-s3cret] } }
    event_id: { header: X-Event-Id }
    mapping:
      when: type = "change"
      lead: { lead_id: id }
      fields: { first_name: name, rank: $number(rank) }
      custom_fields: { favorite_color: color }
  - name: wrapped
    auth: { header: { header: X-Token, secrets: [canary-s3cret] } }
    mapping: { each: rows, lead: { lead_id: id }, fields: { status: stage, comments: note } }
  - name: joined
    auth: { header: { header: X-Token, secrets: [canary-s3cret] } }
    event_id: { expression: 'id & ":" & Status' }
    mapping: { lead: { lead_id: Id }, fields: { status: Status, comments: 'Phones ? Phones : Phone' } }
  - name: batch
    auth: { header: { header: X-Token, secrets: [canary-s3cret] } }
    event_id: { expression: sent }
    mapping: { each: rows, lead: { lead_id: id }, fields: { status: stage } }
  - name: codes
    auth: { header: { header: X-Token, secrets: [canary-s3cret] } }
    mapping: { lead: { vendor_lead_code: code }, fields: { first_name: name } }
custom_fields: [{ label: favorite_color, max_length: 5 }]
`

/** Runs `vicidial-gateway webhook` on a body: in this process, or in its own if it reads its standard input. */
async function run(
  t: Test,
  body: string,
  args: readonly string[] = ['try', 'crm', 'body.json'],
  env: Record<string, string> = {}
) {
  const cwd = t.testdir({ 'gateway.yaml': YAML, 'body.json': body, 'body.bin': body })
  const settings = { GATEWAY_CONFIG: 'gateway.yaml', VICIDIAL_NON_LATIN: '', ...env }
  if (args.includes('-')) {
    const main = new URL('../../../src/tools/cli/main.ts', import.meta.url).pathname
    const options = { cwd, input: body, encoding: 'utf8', env: { ...BARE_ENV, ...settings } } as const
    const { status, stdout, stderr } = spawnSync(process.execPath, [main, 'webhook', ...args], options)
    return { status, stdout, stderr }
  }
  for (const [name, text] of Object.entries(settings)) setEnv(t, name, text)
  const before = process.cwd()
  process.chdir(cwd)
  try {
    const { exitCode, stdout, stderr } = await runCommand('webhook', ...args)
    return { status: exitCode, stdout, stderr }
  } finally {
    process.chdir(before)
  }
}

test('a payload is shown as updates, with the values that VICIdial would store', async (t) => {
  const body =
    '[{"id":7,"type":"change","name":"Ann","color":"blue"},{"type":"other"},{"id":"8","type":"change","rank":"3"}]'
  t.strictSame(await run(t, body, ['try', 'crm', 'body.json', '--header', 'X-Event-Id: evt_1']), {
    status: 0,
    stdout: `crm: 2 updates, 1 ignored
event id: evt_1

{"lead_id":7,"fields":{"first_name":"Ann"},"custom_fields":{"favorite_color":"blue"}}
  VICIdial  update_lead, lead lead_id 7
  stored    {"first_name":"Ann","custom_fields.favorite_color":"blue"}

{"lead_id":"8","fields":{"rank":3}}
  VICIdial  batch_update_lead, lead lead_id 8
  stored    {"rank":"3"}

event 1 is ignored: when is not true
`,
    stderr: ''
  })
})

test('names that expressions do not find are named, with those that are there, and no values', async (t) => {
  const tried = async (source: string, payload: unknown) => {
    const { status, stdout, stderr } = await run(t, JSON.stringify(payload), ['try', source, 'body.json'])
    t.equal(stderr, '')
    return [status, ...stdout.split('\n')]
  }
  t.strictSame(await tried('wrapped', { Rows: [{ id: 1, stage: 'canary' }] }), [
    1,
    'wrapped: each finds no event in the payload, which is not empty.',
    '  hint      each: `rows` is not in the payload; it has `Rows`.',
    ''
  ])
  t.strictSame(await tried('wrapped', { data: { rows: [] }, 'x`\u001b': 1 }), [
    1,
    'wrapped: each finds no event in the payload, which is not empty.',
    '  hint      each: `rows` is not in the payload; it has `data.rows`.',
    ''
  ])
  t.strictSame(await tried('wrapped', { '\u001b[2J': 1, b: 2, c: 3, d: 4, e: 5, f: 6, g: 7 }), [
    1,
    'wrapped: each finds no event in the payload, which is not empty.',
    '  hint      each: `rows` is not in the payload; it has `\\u001b[2J`, `b`, `c`, `d`, `e` and 2 more.',
    ''
  ])
  t.strictSame(await tried('crm', { Type: 'change', id: 7, name: 'canary' }), [
    0,
    'crm: 0 updates, 1 ignored',
    'event id: not evaluated, as the event is ignored',
    '',
    'event 0 is ignored: when is not true',
    '  hint      when: `type` is not in the payload; it has `Type`.',
    ''
  ])
  t.strictSame(
    await tried('wrapped', {
      rows: [
        { id: 1, stages: 'canary' },
        { ID: 2, stage: 'SALE' },
        { id: 3, stage: 'SALE' }
      ]
    }),
    [
      1,
      'wrapped: 2 updates, 1 ignored',
      'event id: none, so repeats are not recognized',
      '',
      'null',
      '  rejected  field_invalid at /updates/0/lead_id: wrapped: lead.lead_id at event 1 finds nothing, so that the event names no lead. The expression is: id',
      '  hint      lead.lead_id: `id` is not in the event; it has `ID`.',
      '',
      '{"lead_id":3,"fields":{"status":"SALE"}}',
      '  VICIdial  batch_update_lead, lead lead_id 3',
      '  stored    {"status":"SALE"}',
      '',
      'event 0 is ignored: nothing to set (fields.status, fields.comments)',
      '  hint      fields.status: `stage` is not in the event; it has `stages`.',
      ''
    ]
  )
  t.strictSame((await tried('wrapped', { rows: [{ id: 1, x: 2 }, { stage: 'SALE' }] })).slice(3), [
    '',
    'null',
    '  rejected  field_invalid at /updates/0/lead_id: wrapped: lead.lead_id at event 1 finds nothing, so that the event names no lead. The expression is: id',
    '  hint      lead.lead_id: `id` is not in the event; it has `stage`.',
    '',
    'event 0 is ignored: nothing to set (fields.status, fields.comments)',
    '  hint      fields.status: `stage` is not in the event; it has `id`, `x`.',
    '  hint      fields.comments: `note` is not in the event; it has `id`, `x`.',
    ''
  ])
  t.strictSame((await tried('joined', { Id: 1, Status: 'canary', Phone: 2, phone: 3 })).slice(1), [
    'joined: 1 update, 0 ignored',
    'event id: :canary',
    '',
    '{"lead_id":1,"fields":{"status":"canary","comments":"2"}}',
    '  VICIdial  batch_update_lead, lead lead_id 1',
    '  stored    {"status":"canary","comments":"2"}',
    '  hint      event_id.expression: `id` is not in the payload; it has `Id`.',
    ''
  ])
  const ofPayload = await tried('batch', { sent: 7, rows: [{ id: 1, stage: 'canary', Sent: 8 }] })
  t.strictSame([ofPayload[2], ofPayload.at(-2)], ['event id: 7', '  stored    {"status":"canary"}'])
  const many = await tried(
    'crm',
    Array.from({ length: 30 }, () => ({ type: 'other' }))
  )
  t.equal(many.filter((line) => String(line).endsWith('is ignored: when is not true')).length, 20)
  t.equal(many.at(-2), '10 more events are ignored')
})

test("stored values depend on VICIdial's use_non_latin", async (t) => {
  const body = '{"id":7,"type":"change","name":"José"}'
  t.match(await run(t, body), {
    status: 1,
    stdout:
      '  rejected  characters_lost at /updates/0/fields/first_name: VICIdial would hold "Jose", and on_lossy is "reject".'
  })
  t.match(await run(t, body, undefined, { VICIDIAL_NON_LATIN: '1' }), {
    status: 0,
    stdout: '{"first_name":"José"}'
  })
})

test("stored values depend on the database's character set and VICIdial's build", async (t) => {
  const long = `{"id":7,"type":"change","name":"${'é'.repeat(20)}"}`
  t.match(await run(t, long, undefined, { VICIDIAL_NON_LATIN: '1' }), { status: 0 })
  t.match(await run(t, long, undefined, { VICIDIAL_NON_LATIN: '1', VICIDIAL_DB_CHARSET: 'latin1' }), {
    status: 0
  })
  const cyrillic = '{"id":7,"type":"change","name":"Аня"}'
  t.match(await run(t, cyrillic, undefined, { VICIDIAL_NON_LATIN: '1', VICIDIAL_DB_CHARSET: 'latin1' }), {
    status: 1,
    stdout: 'rejected  characters_lost'
  })
  const apostrophe = '{"code":"O\'Brien","name":"Ann"}'
  const args = ['try', 'codes', 'body.json']
  t.match(await run(t, apostrophe, args), { status: 0 })
  t.match(await run(t, apostrophe, args, { VICIDIAL_BUILD: '220126-2116' }), {
    status: 1,
    stdout: 'rejected  unsafe_characters'
  })
  t.match(await run(t, apostrophe, args, { VICIDIAL_BUILD: 'new', VICIDIAL_DB_CHARSET: 'utf-8' }), {
    status: 2,
    stdout: '',
    stderr:
      "VICIDIAL_DB_CHARSET must be utf8 or latin1, as VICIdial's database has it.\nVICIDIAL_BUILD must be VICIdial's build, like 250720-1841.\n"
  })
})

test('a body can come from standard input, with any type', async (t) => {
  const args = (type: string) => ['try', 'crm', '-', '--content-type', type]
  t.match(await run(t, 'id=7&type=change&name=Ann', args('application/x-www-form-urlencoded')), {
    status: 0,
    stdout: '{"lead_id":"7","fields":{"first_name":"Ann"}}'
  })
  t.strictSame(await run(t, '<a/>', args('application/xml')), {
    status: 1,
    stdout:
      'unsupported_media_type: The body must be application/json, application/x-www-form-urlencoded, multipart/form-data, or text/plain that holds JSON; in UTF-8.\n',
    stderr: ''
  })
})

test('rejected input ends with 1, and the output says where', async (t) => {
  t.strictSame(await run(t, '{"id":7,'), {
    status: 1,
    stdout:
      'invalid_json: The body is not valid JSON: reading stopped at line 1, column 9. The text is cut off. There: {"id":7,\n',
    stderr: ''
  })
  t.match(await run(t, '{"type":"change","name":""}'), {
    status: 1,
    stdout:
      '  rejected  field_invalid at /updates/0/lead_id: crm: lead.lead_id at event 0 finds nothing, so that the event names no lead.'
  })
  t.strictSame(await run(t, '{"id":7,"type":"change","rank":"canary"}'), {
    status: 1,
    stdout: `crm: 1 update, 0 ignored
event id: none, so repeats are not recognized

{"lead_id":7}
  rejected  field_invalid at /updates/0/fields/rank: crm: fields.rank at event 0 asks for a number, and the value is not one at character 8 (JSONata D3030). The expression is: $number(rank)
`,
    stderr: ''
  })
  t.strictSame(await run(t, '{"type":"other"}'), {
    status: 0,
    stdout:
      'crm: 0 updates, 1 ignored\nevent id: not evaluated, as the event is ignored\n\nevent 0 is ignored: when is not true\n',
    stderr: ''
  })
})

test("a payload that can't be tried ends with 2", async (t) => {
  const of = async (args: string[], env = {}) => {
    const { status, stdout, stderr } = await run(t, '{}', args, env)
    t.equal(stdout, '')
    t.equal(status, 2)
    t.notMatch(stderr, 'canary')
    return stderr
  }
  t.equal(
    await of(['try', 'erp', 'body.json']),
    'There is no webhook erp. The webhooks are: crm, wrapped, joined, batch, codes.\n'
  )
  t.equal(await of(['try', 'crm', 'none.json']), 'none.json cannot be read (ENOENT).\n')
  t.equal(
    await of(['try', 'crm', 'body.json'], { GATEWAY_CONFIG: 'none.yaml', VICIDIAL_NON_LATIN: 'yes' }),
    "VICIDIAL_NON_LATIN must be 0 or 1, as VICIdial's system setting use_non_latin.\nnone.yaml: cannot be read (ENOENT).\n"
  )
  t.equal(
    await of(['try', 'crm', 'body.json'], { GATEWAY_CONFIG: '' }),
    'GATEWAY_CONFIG is required: a YAML file with webhooks.\n'
  )
})

test('--json prints the same as JSON', async (t) => {
  const args = ['try', 'crm', 'body.json', '--header', 'X-Event-Id: evt_1', '--json']
  const sound = await run(t, '[{"id":7,"type":"change","name":"Ann"},{"type":"other"}]', args)
  t.strictSame(
    { ...sound, stdout: JSON.parse(sound.stdout) },
    {
      status: 0,
      stdout: {
        source: 'crm',
        event_id: 'evt_1',
        ignored: 1,
        ignored_events: [{ event: 1, code: 'unwanted', expression: 'when' }],
        updates: [
          {
            update: { lead_id: 7, fields: { first_name: 'Ann' } },
            function: 'batch_update_lead',
            stored: { first_name: 'Ann' },
            warnings: []
          }
        ]
      },
      stderr: ''
    }
  )
  const refused = await run(t, '{"id":7,"type":"change","name":"José"}', args)
  t.equal(refused.status, 1)
  t.match(JSON.parse(refused.stdout), { updates: [{ refusals: [{ code: 'characters_lost' }] }] })
  const hinted = await run(t, '{"id":7,"Type":"change"}', args)
  t.match(JSON.parse(hinted.stdout), {
    ignored: 1,
    hints: [
      {
        event: 0,
        expression: 'when',
        text: '`type` is not in the payload; it has `Type`.',
        isSimilar: undefined
      }
    ]
  })
  const whole = await run(t, '{"Rows":[]}', ['try', 'wrapped', 'body.json', '--json'])
  t.match(JSON.parse(whole.stdout), {
    faults: ['wrapped: each finds no event in the payload, which is not empty.'],
    hints: [{ expression: 'each', text: '`rows` is not in the payload; it has `Rows`.' }]
  })
  t.strictSame(await run(t, '{"id":7,', args), {
    status: 1,
    stdout: `${JSON.stringify({
      faults: [
        'invalid_json: The body is not valid JSON: reading stopped at line 1, column 9. The text is cut off. There: {"id":7,'
      ]
    })}\n`,
    stderr: ''
  })
})

test('missing arguments are refused, with the help', async (t) => {
  for (const [args, message] of [
    [[], /^Usage: vicidial-gateway webhook /],
    [['show', 'a', 'b.json'], /^error: unknown command 'show'\n/],
    [['try', 'a'], /^error: missing required argument 'file'\n/],
    [['try', 'a', 'b.json', 'c'], /^error: too many arguments/],
    [['try', '--what'], /^error: unknown option '--what'\n/],
    [
      ['try', 'crm', 'body.json', '--header', 'x'],
      /^error: option '--header <name: value>' .* 'NAME: VALUE'/
    ],
    [
      ['try', 'crm', 'body.bin'],
      /^error: can't tell the content type of body\.bin from its name: use --content-type\n/
    ]
  ] as const) {
    const { status, stdout, stderr } = await run(t, '{}', args)
    t.strictSame({ status, stdout }, { status: 2, stdout: '' }, args.join(' '))
    t.match(stderr, message)
  }
})

test('the type follows the extension in any case, and header names match in any case', async (t) => {
  const cwd = t.testdir({ 'gateway.yaml': YAML, 'B.FORM': 'id=7&type=change&name=Ann' })
  const args = ['src/tools/cli/main.ts', 'webhook', 'try', 'crm', `${cwd}/B.FORM`]
  const { stdout } = spawnSync(
    process.execPath,
    [...args, '--header', 'Other: a', '--header', 'x-EVENT-id:b:c'],
    {
      encoding: 'utf8',
      env: { GATEWAY_CONFIG: `${cwd}/gateway.yaml` }
    }
  )
  t.match(stdout, /event id: b:c\n\n\{"lead_id":"7","fields":\{"first_name":"Ann"\}\}/)
})
