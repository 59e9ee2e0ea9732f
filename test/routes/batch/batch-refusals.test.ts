import { test } from 'tap'
import { API_KEY, batch, call, startGateway, sharedGateway } from '../../helper.ts'

const requestId = { 'x-request-id': 'crm-42' }

function invalidRequest(errors: { pointer: string; code: string; detail: string }[]) {
  return {
    type: '/problems/invalid_request',
    title: 'The request is not of the right form',
    status: 400,
    detail: errors[0]?.detail,
    instance: 'crm-42',
    code: 'invalid_request',
    errors,
    errors_count: errors.length
  }
}

test('a batch whose updates are all rejected is a 422 that points at each fault, and nothing is sent', async (t) => {
  const gateway = await sharedGateway(t)
  const { status, headers, body } = await batch(
    gateway,
    {
      updates: [
        { lead_id: 0, fields: { status: 'SALE' } },
        { lead_id: 1, fields: { 'a/b~c': 'x', email: 'a+b@example.com' } },
        { lead_id: 2, fields: {} }
      ]
    },
    requestId
  )

  t.equal(status, 422)
  t.equal(headers.get('content-type'), 'application/problem+json; charset=utf-8')
  const badId = { code: 'field_invalid', detail: 'lead_id must be an integer from 1 to 999999999.' }
  const unknown = {
    code: 'field_unknown',
    detail: 'A lead has no such field; GET /v1/fields lists those that can be updated.'
  }
  const plus = {
    code: 'characters_lost',
    detail: "VICIdial would lose + from email: it keeps letters, digits, spaces and - ' . : / @ % _."
  }
  const noChanges = {
    code: 'no_changes',
    detail: 'The update changes nothing: give fields, custom_fields or reset_called.'
  }
  const first = { code: unknown.code, field: 'a/b~c', detail: unknown.detail, retryable: false }
  t.same(body, {
    type: '/problems/all_updates_rejected',
    title: 'Every update was rejected',
    status: 422,
    detail: 'All 3 updates were rejected; nothing was sent to VICIdial.',
    instance: 'crm-42',
    code: 'all_updates_rejected',
    errors: [
      { pointer: '/updates/0/lead_id', ...badId },
      { pointer: '/updates/1/fields/a~1b~0c', ...unknown },
      { pointer: '/updates/1/fields/email', ...plus },
      { pointer: '/updates/2', ...noChanges }
    ],
    errors_count: 4,
    summary: {
      received: 3,
      updated: 0,
      added: 0,
      not_found: 0,
      ambiguous: 0,
      rejected: 3,
      failed: 0,
      unknown: 0,
      upstream_calls: 0
    },
    results: [
      { index: 0, status: 'rejected', error: { ...badId, field: 'lead_id', retryable: false } },
      {
        index: 1,
        lead_id: 1,
        status: 'rejected',
        error: first,
        errors: [first, { ...plus, field: 'email', retryable: false }]
      },
      { index: 2, lead_id: 2, status: 'rejected', error: { ...noChanges, retryable: false } }
    ]
  })
  t.same(gateway.sandbox.calls(), [])
})

test('a fault in the short form is listed once, however many leads it has', async (t) => {
  const gateway = await sharedGateway(t)
  const { status, body } = await batch(gateway, { lead_ids: [1, 2, 'x'], fields: { gender: 'female' } })

  t.equal(status, 422)
  t.same(body.errors, [
    { pointer: '/fields/gender', code: 'field_invalid', detail: 'gender must be one of M, F, U.' },
    {
      pointer: '/lead_ids/2',
      code: 'field_invalid',
      detail: 'lead_id must be an integer from 1 to 999999999.'
    }
  ])
  t.equal(body.errors_count, 2)
  t.equal(body.results.length, 3)
})

test('the first 100 of 150 faults are listed, and all are counted', async (t) => {
  const gateway = await sharedGateway(t)
  const updates = Array.from({ length: 150 }, (_, n) => ({ lead_id: n + 1, fields: { status: '' } }))
  const { status, body } = await batch(gateway, { updates })

  t.equal(status, 422)
  t.equal(body.errors_count, 150)
  t.same(
    body.errors.map((error: { pointer: string }) => error.pointer),
    updates.slice(0, 100).map((_, n) => `/updates/${n}/fields/status`)
  )
  t.equal(body.results.length, 150)
})

test('a fault in the envelope is a 400 that points at it, and no update is sent', async (t) => {
  const gateway = await sharedGateway(t)
  const updates = [{ lead_id: 1, fields: { status: 'SALE' } }]
  const unknown =
    'A request has no such property; it has updates, add, source, dry_run, on_multiple, on_missing, key_match, on_lossy, on_invalid, reset_called, allow_undefined_list, verify, dnc, callback, hopper.'
  const notObject = 'The body must be a JSON object with updates, or with lead_ids and fields.'
  const twice = ' This is a text that holds JSON: it was encoded twice, so encode it only once.'
  const refused: [body: unknown, pointer: string, detail: string, code?: string][] = [
    [[], '', `${notObject} Put this list under updates.`],
    ['"updates"', '', notObject],
    [JSON.stringify('{"updates":[]}'), '', notObject + twice],
    [{}, '/updates', 'updates must be an array.'],
    [{ updates: {} }, '/updates', 'updates must be an array. Put the update into a list.'],
    [{ updates: '[]' }, '/updates', `updates must be an array.${twice}`],
    [
      { leads: updates },
      '/updates',
      'updates must be an array. The request has leads: put them under updates.'
    ],
    [
      { leadIds: [1], fields: {} },
      '/updates',
      'updates must be an array. Did you mean lead_ids, for leadIds?'
    ],
    [{ Updates: updates }, '/updates', 'updates must be an array. Did you mean updates, for Updates?'],
    [updates[0], '/updates', 'updates must be an array. Put the update into a list, under updates.'],
    [{ updates: [] }, '/updates', 'updates is empty: there is nothing to do.'],
    [{ lead_ids: [] }, '/lead_ids', 'lead_ids is empty: there is nothing to do.'],
    [{ lead_ids: [1], updates }, '/updates', 'Give either updates or lead_ids, not both.'],
    [{ updates, source: 'a' }, '/source', 'source must be 2 to 20 letters and digits.', 'field_invalid'],
    [{ updates, source: 'my-crm' }, '/source', 'source must be 2 to 20 letters and digits.', 'field_invalid'],
    [{ updates, source: null }, '/source', 'source must be 2 to 20 letters and digits.', 'field_invalid'],
    [{ updates, dry_run: 'yes' }, '/dry_run', 'dry_run must be true or false.', 'field_invalid'],
    [
      { updates, on_multiple: 'some' },
      '/on_multiple',
      'on_multiple must be one of "reject", "all", "newest".',
      'field_invalid'
    ],
    [
      { updates, on_lossy: 'ignore' },
      '/on_lossy',
      'on_lossy must be one of "accept", "reject".',
      'field_invalid'
    ],
    [
      { updates, on_invalid: 'skip' },
      '/on_invalid',
      'on_invalid must be one of "reject_update", "drop_field".',
      'field_invalid'
    ],
    [
      { updates, reset_called: 'true' },
      '/reset_called',
      'reset_called must be one of true, false.',
      'field_invalid'
    ],
    [
      { updates, allow_undefined_list: 1 },
      '/allow_undefined_list',
      'allow_undefined_list must be one of true, false.',
      'field_invalid'
    ],
    [{ updates, fields: { status: 'A' } }, '/fields', unknown, 'field_unknown'],
    [
      { updates, 'dry-run': true },
      '/dry-run',
      unknown.replace('it has', 'did you mean dry_run? It has'),
      'field_unknown'
    ]
  ]
  for (const [request, pointer, detail, code = 'invalid_request'] of refused) {
    const { status, body } = await batch(gateway, request, requestId)
    t.same(
      { status, body },
      { status: 400, body: invalidRequest([{ pointer, code, detail }]) },
      JSON.stringify(request)
    )
  }
  t.same(gateway.sandbox.calls(), [])
})

test("dry_run: null is refused, because the schema doesn't allow it and the updates would be sent", async (t) => {
  const gateway = await sharedGateway(t)
  const { status, body } = await batch(gateway, { lead_ids: [1], fields: { status: 'SALE' }, dry_run: null })

  t.equal(status, 400)
  t.match(body.errors, [{ pointer: '/dry_run' }])
  t.same(gateway.sandbox.calls(), [])
})

test('every fault of an envelope is reported at once', async (t) => {
  const gateway = await sharedGateway(t)
  const { status, body } = await batch(gateway, {
    updates: [{}],
    source: '!',
    dry_run: 0,
    on_lossy: null,
    colour: 'blue'
  })

  t.equal(status, 400)
  t.same(
    body.errors.map((error: { pointer: string; code: string }) => [error.pointer, error.code]),
    [
      ['/colour', 'field_unknown'],
      ['/on_lossy', 'field_invalid'],
      ['/source', 'field_invalid'],
      ['/dry_run', 'field_invalid']
    ]
  )
})

test('a faulty update is rejected with a pointer to it', async (t) => {
  const gateway = await sharedGateway(t)
  const fields = { status: 'SALE' }
  const exactlyOne = (given: number) =>
    `An update names its lead by exactly one of lead_id, vendor_lead_code, phone_number; this one has ${given}.`
  const refused: [update: unknown, pointer: string, code: string, detail?: string][] = [
    [7, '', 'field_invalid', 'An update must be an object that names a lead and what to change.'],
    [null, '', 'field_invalid', 'An update must be an object that names a lead and what to change.'],
    [[1], '', 'field_invalid', 'An update must be an object that names a lead and what to change.'],
    [{ fields }, '', 'field_invalid', exactlyOne(0)],
    [{ lead_id: 1, phone_number: '2125550001', fields }, '', 'field_invalid', exactlyOne(2)],
    [{ lead_id: -1, fields }, '/lead_id', 'field_invalid'],
    [{ lead_id: 1.5, fields }, '/lead_id', 'field_invalid'],
    [{ lead_id: 1_000_000_000, fields }, '/lead_id', 'field_invalid'],
    [{ lead_id: '1,2', fields }, '/lead_id', 'field_invalid'],
    [{ lead_id: null, fields }, '/lead_id', 'field_invalid'],
    [{ vendor_lead_code: 7, fields }, '/vendor_lead_code', 'field_invalid'],
    [{ vendor_lead_code: '', fields }, '/vendor_lead_code', 'field_invalid'],
    [{ vendor_lead_code: 'A,B', fields }, '/vendor_lead_code', 'characters_lost'],
    [{ vendor_lead_code: 'A+B', fields }, '/vendor_lead_code', 'characters_lost'],
    [{ vendor_lead_code: 'A\\', fields }, '/vendor_lead_code', 'unsafe_characters'],
    [{ vendor_lead_code: 'x'.repeat(21), fields }, '/vendor_lead_code', 'field_too_long'],
    [{ phone_number: '12345', fields }, '/phone_number', 'field_invalid'],
    [{ phone_number: '212555CALL', fields }, '/phone_number', 'characters_lost'],
    [{ lead_id: 1, fields: [] }, '/fields', 'field_invalid', 'fields must be an object of names and values.'],
    [
      { lead_id: 1, fields: null },
      '/fields',
      'field_invalid',
      'fields must be an object of names and values.'
    ],
    [{ lead_id: 1, custom_fields: 'x' }, '/custom_fields', 'field_invalid'],
    [{ lead_id: 1, custom_fields: { secret: 'x' } }, '/custom_fields/secret', 'field_not_allowed'],
    [{ lead_id: 1, status: 'SALE' }, '/status', 'field_unknown'],
    [{ lead_id: 1, fields, reset_called: 'Y' }, '/reset_called', 'field_invalid'],
    [{ lead_id: 1, fields, source: 'crm' }, '/source', 'field_unknown'],
    [{ lead_id: 1, fields: { list_id_field: 103 } }, '/fields/list_id_field', 'field_unknown'],
    [{ lead_id: 1, fields: { status: null } }, '/fields/status', 'field_not_clearable'],
    [{ lead_id: 1, fields: { comments: '--BLANK--' } }, '/fields/comments', 'unsafe_characters'],
    [{ lead_id: 1, fields: { comments: 'a\u0000b' } }, '/fields/comments', 'unsafe_characters'],
    [{ lead_id: 1, fields: { first_name: '###' } }, '/fields/first_name', 'characters_lost'],
    [{ lead_id: 1, fields: { rank: 32_768 } }, '/fields/rank', 'field_invalid'],
    [{ lead_id: 1, fields: { rank: -5 } }, '/fields/rank', 'field_invalid'],
    [{ lead_id: 1, fields: { gmt_offset_now: '-5' } }, '/fields/gmt_offset_now', 'field_invalid'],
    [{ lead_id: 1, fields: { date_of_birth: '1980-02-30' } }, '/fields/date_of_birth', 'field_invalid']
  ]
  const { status, body } = await batch(gateway, { updates: refused.map(([update]) => update) })

  t.equal(status, 422)
  const errors: { pointer: string; code: string; detail: string }[] = body.errors
  for (const [index, [update, pointer, code, detail]] of refused.entries()) {
    const here = errors.find(
      (error) => error.pointer === `/updates/${index}${pointer}` && error.code === code
    )
    t.ok(here, JSON.stringify(update))
    if (detail !== undefined) t.equal(here?.detail, detail)
    t.equal(body.results[index].status, 'rejected')
  }
  t.same(gateway.sandbox.calls(), [])
})

test('more updates than the server accepts are a 413', async (t) => {
  const gateway = await startGateway(t, { MAX_UPDATES_PER_REQUEST: '2' })
  const { status, body } = await batch(
    gateway,
    { lead_ids: [1, 2, 3], fields: { status: 'SALE' } },
    requestId
  )

  t.equal(status, 413)
  const detail = '3 updates in one request; 2 are taken. Send them in parts.'
  t.same(body, {
    type: '/problems/payload_too_large',
    title: 'The request is too large',
    status: 413,
    detail,
    instance: 'crm-42',
    code: 'payload_too_large',
    errors: [{ pointer: '/lead_ids', code: 'payload_too_large', detail }],
    errors_count: 1
  })
  t.same(gateway.sandbox.calls(), [])
})

test('a body larger than MAX_BODY_BYTES is a 413', async (t) => {
  const gateway = await startGateway(t, { MAX_BODY_BYTES: '1000' })
  const { status, body } = await batch(gateway, ' '.repeat(1001), requestId)

  t.equal(status, 413)
  t.match(body, {
    code: 'payload_too_large',
    detail: 'The body is larger than 1000 bytes. Send the updates in parts.'
  })
})

test("a body that isn't JSON is a 415", async (t) => {
  const gateway = await sharedGateway(t)
  const request = '{"lead_ids":[1],"fields":{"status":"SALE"}}'
  const curl = " It was sent as a form, as curl -d does: add -H 'Content-Type: application/json'."
  for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data', 'nonsense']) {
    const { status, body } = await batch(gateway, request, { 'content-type': type, ...requestId })
    t.equal(status, 415, type)
    t.same(body, {
      type: '/problems/unsupported_media_type',
      title: 'The body is of a type that is not taken here',
      status: 415,
      detail: `The body must be JSON, with Content-Type: application/json.${type.endsWith('urlencoded') ? curl : ''}`,
      instance: 'crm-42',
      code: 'unsupported_media_type'
    })
  }
  const { status } = await batch(gateway, request, { 'content-type': 'Application/JSON; charset=UTF-8' })
  t.equal(status, 200)
})

test('a request without a valid key is a 401 before its body is read', async (t) => {
  const gateway = await startGateway(t)
  const detail = (headers: Record<string, string>) =>
    headers['authorization'] === ''
      ? 'The request has no API key. Send it as "Authorization: Bearer KEY" or "X-API-Key: KEY".'
      : 'The API key is not known, or it has expired.'
  const refused: Record<string, string>[] = [
    { authorization: '' },
    { authorization: 'Bearer wrong' },
    { authorization: 'Bearer wrong', 'x-api-key': API_KEY },
    { authorization: '', 'x-api-key': 'wrong' }
  ]
  for (const headers of refused) {
    const answer = await batch(gateway, '{"broken', { ...headers, ...requestId })
    const expected = headers['x-api-key'] ? 'The API key is not known, or it has expired.' : detail(headers)
    t.equal(answer.status, 401)
    t.equal(answer.headers.get('www-authenticate'), 'Bearer realm="vicidial-gateway"')
    t.same(answer.body, {
      type: '/problems/unauthenticated',
      title: 'No valid API key',
      status: 401,
      detail: expected,
      instance: 'crm-42',
      code: 'unauthenticated'
    })
  }
  const { status } = await call(gateway, 'GET', '/v1/fields', undefined, {
    authorization: '',
    'x-api-key': API_KEY
  })
  t.equal(status, 200)
  t.same(gateway.sandbox.calls(), [])
})
