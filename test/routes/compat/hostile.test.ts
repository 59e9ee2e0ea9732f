import { test } from 'tap'
import { ask, CRM, FORM, get, inParts, PARTS, PATH, query, startCompat } from '../../compat/calls.ts'
import { filesIn, leaksIn } from '../../helper.ts'

const json = { 'content-type': 'application/json' }
const NO_PARTS = /^ERROR: .*\|The form is not valid UTF-8, or its parts are not as multipart\/form-data says/
const NOT_READ = 'ERROR: THE REQUEST HAS THE WRONG FORM - |invalid_request|'

test('duplicates, brackets and wrong encodings are refused, with their position', async (t) => {
  const gateway = await startCompat(t)
  const login = new URLSearchParams(CRM).toString()
  const cases: [path: string, body: unknown, headers: Record<string, string>, expected: string | RegExp][] = [
    [
      `?${login}&lead_ids=1&lead_ids=2`,
      undefined,
      {},
      `${NOT_READ}The parameter lead_ids is in the query more than once. VICIdial would`
    ],
    [
      '',
      `${login}&status=A&lead_ids=1&status=B`,
      FORM,
      `${NOT_READ}The parameter status is in the form more than once. VICIdial would`
    ],
    [
      `?${login}`,
      'lead_ids=1&status=A&source=other',
      FORM,
      /^ERROR: .*\|source is in the query and in the body/
    ],
    [`?${login}`, 'lead_ids=1&status=A&source=crm', FORM, /^SUCCESS/],
    [
      `?${login}&lead_ids[]=1&status=A`,
      undefined,
      {},
      /^ERROR: batch_update_lead NO LEADS DEFINED - crm\|\|/
    ],
    [`?${login}&lead_ids=1&status[]=A`, undefined, {}, /\|1\|field_unknown\|status\[\]\|/],
    [`?${login}&lead_ids=1&last_name=Jos%E9`, undefined, {}, `${NOT_READ}The query is not valid UTF-8`],
    [
      `?${login}&lead_ids=1&comments=100%`,
      undefined,
      {},
      /^ERROR: .*\|The query .* has a % that is no escape/
    ],
    ['', `${login}&lead_ids=1&last_name=Jos%E9`, FORM, /^ERROR: .*\|The form is not valid UTF-8/],
    [
      '',
      Buffer.from(`${login}&lead_ids=1&last_name=José`, 'latin1'),
      FORM,
      /^ERROR: .*\|The form is not valid UTF-8/
    ],
    [
      '',
      `${login}&lead_ids=1&last_name=José`,
      FORM,
      /^SUCCESS.*\nNOTICE: .*\|transliterated\|last_name\|Jose\n$/
    ],
    [
      '',
      'x',
      { 'content-type': `${FORM['content-type']}; charset=latin1` },
      /^ERROR: .*\|The body must be in UTF-8/
    ],
    [`?${login}`, 'lead_ids=1', PARTS, NO_PARTS],
    [`?${login}`, inParts([['lead_ids', '1']]).slice(0, -5), PARTS, NO_PARTS],
    [`?${login}`, Buffer.from(inParts([['last_name', 'José']]), 'latin1'), PARTS, NO_PARTS],
    [
      `?${login}`,
      inParts([['leads_data', '[]']], '; filename="leads.json"'),
      PARTS,
      /^ERROR: .*\|The form has a file as leads_data; every part must be a text\.\n$/
    ],
    [
      `?${login}`,
      inParts([
        ['lead_ids', '1'],
        ['lead_ids', '2']
      ]),
      PARTS,
      /^ERROR: .*\|The parameter lead_ids is in the form more than once\./
    ],
    [`?${login}`, 'lead_ids=1', { 'content-type': 'nonsense' }, /\|unsupported_media_type\|/],
    [`?${login}`, '{}', { ...json, 'content-encoding': 'gzip' }, /^ERROR: .*\|The body must not be encoded/],
    [
      `?${login}&leads_data={}`,
      undefined,
      {},
      /^ERROR: INVALID JSON FORMAT\|leads_data must be a JSON array/
    ],
    [`?${login}&leads_data=[]`, undefined, {}, /^ERROR: batch_update_lead NO LEADS DEFINED - crm\|\|/],
    [`?${login}&leads_data=`, undefined, {}, /^ERROR: batch_update_lead NO LEADS DEFINED - crm\|\|/],
    [
      `?${login}&leads_data=[1`,
      undefined,
      {},
      /^ERROR: INVALID JSON FORMAT\|leads_data is not valid JSON: reading stopped at line 1, column 3/
    ],
    [
      `?${login}&leads_data=[{"lead_id":1,"lead_id":2}]`,
      undefined,
      {},
      /^ERROR: INVALID JSON FORMAT\|The name "lead_id" appears twice/
    ],
    [
      `?${login}`,
      '[{"lead_id":1,"lead_id":2}]',
      json,
      /^ERROR: INVALID JSON FORMAT\|The name "lead_id" appears twice/
    ],
    [`?${login}`, '7', json, /^ERROR: INVALID JSON FORMAT\|The body must be a JSON object/],
    [`?${login}`, '[[[[{"lead_id":1}]]]]', json, /\|#0\|field_invalid\|/],
    [
      `?${login}&leads_data=[{"lead_id":1,"list_id":101,"list_id_field":103}]`,
      undefined,
      {},
      /\|field_unknown\|list_id_field\|/
    ],
    [`?${login}&leads_data=[{"lead_id":1,"status":""}]`, undefined, {}, /\|field_invalid\|status\|/],
    [
      `?${login}&leads_data=[{"lead_id":1}]&status=A`,
      undefined,
      {},
      /^ERROR: .*\|status is beside leads_data/
    ],
    [
      `?${login}&leads_data=[{"lead_id":1,"status":"A"}]&custom_fields=x`,
      undefined,
      {},
      /^ERROR: .*\|custom_fields must be Y or N/
    ],
    [`?${login}&leads_data=[{"lead_id":1,"__proto__":"A"}]`, undefined, {}, /\|field_unknown\|__proto__\|/],
    [`?${login}&__proto__=A&lead_ids=1`, undefined, {}, /\|field_unknown\|__proto__\|/],
    ['', { ...CRM, lead_ids: { 1: 2 }, status: 'A' }, json, /^ERROR: .*\|lead_ids must be lead ids/],
    ['', { ...CRM, lead_ids: [1, 2], status: ['A'] }, json, /\|1,2\|field_invalid\|status\|/],
    ['', { ...CRM, source: ['crm'] }, json, /^ERROR: .*\|source must be a text/],
    ['', { ...CRM, source: '-' }, json, /^ERROR: Invalid Source\|/]
  ]
  for (const [path, body, headers, expected] of cases) {
    const method = body === undefined ? 'GET' : 'POST'
    const answer = await ask(gateway, method, `${PATH}${path}`, body, headers)
    const request = `${path.slice(login.length + 1)} ${String(body)}`
    t.equal(answer.status, 200, request)
    t.match(answer.body, expected, request)
  }
})

test("a very long address is a 431 that names the server's limit", async (t) => {
  const gateway = await startCompat(t)
  const leads = (count: number) =>
    JSON.stringify(
      Array.from({ length: count }, (_, index) => ({ lead_id: 100_000 + index, status: 'SALE' }))
    )
  t.equal((await get(gateway, { ...CRM, leads_data: leads(200) })).status, 200)
  const { status, body } = await get(gateway, { ...CRM, leads_data: leads(300) })
  t.match([status, body.detail], [431, 'The address and the headers are longer than 16 KiB.'])
})

test("neither HEAD nor a browser's prefetch changes a lead", async (t) => {
  const gateway = await startCompat(t)
  const path = query({ ...CRM, lead_ids: '1', status: 'SALE' })
  t.equal((await ask(gateway, 'HEAD', path)).status, 404)
  const { status, body } = await ask(gateway, 'GET', path, undefined, { 'sec-purpose': 'prefetch;prerender' })
  t.equal(status, 503)
  t.match(body, /^ERROR: .*\|The browser asks for this address ahead of time/)
  for (const method of ['PUT', 'PATCH', 'DELETE']) t.equal((await ask(gateway, method, path)).status, 404)
  t.equal(gateway.sandbox.calls().length, 0)
})

test('an option that is an object or a list is refused by name', async (t) => {
  const gateway = await startCompat(t)
  const call = { ...CRM, lead_ids: '1', status: 'A' }
  for (const name of ['no_update', 'custom_fields', 'reset_lead', 'dnc_check'])
    for (const value of [{ toString: 1 }, ['N']]) {
      const { body } = await ask(gateway, 'POST', PATH, { ...call, [name]: value }, json)
      t.match(body, new RegExp(`^(?:ERROR|NOTICE): (?!.*internal_error).*${name}`, 's'), name)
    }
})

test('a POST with an Idempotency-Key runs once, and a refused one may be sent again', async (t) => {
  const gateway = await startCompat(t)
  const send = (key: string, parameters: Record<string, string>) =>
    ask(
      gateway,
      'POST',
      query(parameters),
      { lead_ids: '1', status: 'SALE' },
      { ...json, 'idempotency-key': key }
    )
  const first = await send('a', CRM)
  const second = await send('a', CRM)
  t.equal(second.body, first.body)
  t.equal(second.headers.get('idempotency-replayed'), 'true')
  t.equal(second.headers.get('content-type'), first.headers.get('content-type'))
  t.equal(gateway.sandbox.calls().length, 1)
  t.match((await send('a', { ...CRM, source: 'other' })).body, /\|idempotency_key_reused\|/)
  gateway.sandbox.fail('500', { calls: 1_000 })
  t.match((await send('b', CRM)).body, /^ERROR/)
  gateway.sandbox.fail('500', { calls: 0 })
  t.equal((await send('c', { ...CRM, function: 'nope' })).headers.get('idempotency-replayed'), null)
  t.equal((await send('c', { ...CRM, function: 'nope' })).headers.get('idempotency-replayed'), null)
})

const KEY = 'canary-compat/key+6641'

test('no log line, answer or file has the key or the query in it', async (t) => {
  const data = t.testdir({})
  const gateway = await startCompat(t, undefined, { API_KEY: KEY, DATA_DIR: data, HISTORY_VALUES: '1' })
  const mine = { ...CRM, user: 'api_key', pass: KEY, lead_ids: '1', status: 'SALE' }
  const answers: string[] = []
  const sent: (readonly [string, string, unknown?, Record<string, string>?])[] = [
    ['GET', query(mine)],
    ['GET', query({ ...mine, format: 'json' })],
    ['GET', query({ ...mine, user: KEY, pass: 'api_key' })],
    ['GET', query({ ...mine, user: 'nobody' })],
    ['GET', query({ ...mine, user: 'nobody', format: 'json' })],
    ['GET', `${query(mine)}&pass=2`],
    ['GET', `${query(mine)}%`],
    ['GET', query({ ...mine, comments: 'x'.repeat(20_000) })],
    ['GET', `/vicidial/other.php?${new URLSearchParams(mine).toString()}`],
    ['POST', PATH, { ...mine, leads_data: 7 }, json],
    ['POST', PATH, JSON.stringify(mine).slice(0, -1), json],
    ['POST', query(mine), '{"pass":"x"}', json],
    ['POST', query(mine), new URLSearchParams(mine).toString(), { ...FORM, 'idempotency-key': 'k' }],
    ['PUT', query(mine)]
  ]
  for (const [method, path, body, headers] of sent) {
    const answer = await ask(gateway, method, path, body, headers)
    answers.push(JSON.stringify([answer.status, [...answer.headers], answer.body]))
  }
  gateway.sandbox.fail('wrong_login', { calls: 10 })
  answers.push((await ask(gateway, 'GET', query(mine))).body)
  const forms = [KEY, encodeURIComponent(KEY), new URLSearchParams({ KEY }).toString().slice(4)]
  t.same(leaksIn(answers.join('\n'), forms), [])
  t.same(leaksIn(gateway.logged(), [...forms, 'lead_ids', 'pass=']), [])
  t.match(gateway.logged(), '"route":"/vicidial/non_agent_api.php"')
  await gateway.app.close()
  for (const [name, text] of filesIn(data)) t.same(leaksIn(text, forms), [], name)
})
