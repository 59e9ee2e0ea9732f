import { test } from 'tap'
import { type Answer, call, type Gateway, requestCalls, startGateway } from '../../helper.ts'
import { gatewayFile } from '../../gateway-file.ts'
import { scrape, type Scraped } from '../../telemetry/metrics/scrape.ts'
import { form, look, signIn, textOf } from './session.ts'

const HOSTILE = `"'>--></textarea></pre><script>alert(1)</script><img src=x onerror=alert(1)>`
const header = { header: { header: 'X-Secret', secrets: ['canary-webhook-secret'] } }
const MAPPING = {
  when: "type = 'deal'",
  lead: { vendor_lead_code: 'id' },
  fields: { status: 'stage', first_name: 'name' }
}
const FILE = gatewayFile(
  [
    { name: 'ops', permissions: '*' },
    {
      name: 'sender',
      on_lossy: 'reject',
      permissions: {
        routes: ['webhook:by-callers'],
        fields: ['status'],
        statuses: ['SALE'],
        look_ups: '*',
        max_batch: 2
      }
    },
    { name: 'other', permissions: { routes: ['batch'] } }
  ],
  {
    webhooks: [
      { name: 'crm', auth: header, event_id: { expression: 'event' }, mapping: MAPPING },
      {
        name: 'lenient',
        auth: header,
        on_unmapped: 'accept',
        answer_status: 200,
        mapping: { each: 'rows', ...MAPPING }
      },
      { name: 'by-callers', auth: { callers: true }, mapping: MAPPING },
      {
        name: 'slack',
        auth: { body_key: { field: 'token', secrets: ['x'] } },
        verification: { body: { challenge: 'challenge' } },
        content_types: ['form'],
        payload_field: 'payload',
        mapping: { lead: { lead_id: 'id' }, fields: { comments: '$string($payload)' } }
      }
    ]
  }
)

/** Tries a payload: a text as it is, anything else as JSON. */
function tried(
  gateway: Pick<Gateway, 'origin'>,
  session: Record<string, string>,
  source: string,
  payload: unknown,
  more: Record<string, string> = {}
): Promise<Answer> {
  const text = typeof payload === 'string' ? payload : JSON.stringify(payload)
  return form(
    gateway,
    '/ops/try',
    { source, content_type: 'application/json', payload: text, ...more },
    session
  )
}

test('the playground', async (t) => {
  const file = `${t.testdir({ 'gateway.yaml': FILE })}/gateway.yaml`
  const gateway = await startGateway(t, { GATEWAY_CONFIG: file })
  const session = await signIn(gateway, 'ops-key')

  await t.test(
    'a payload is shown as updates, with hints, refusals and the answer; nothing is sent or stored',
    async (t) => {
      const before = await scrape(gateway)
      const payload = [
        { type: 'deal', id: 'A1', stage: 'SALE', name: 'José', event: 'e1' },
        { type: 'deal', id: 'A2', stage: 'TOOLONG' },
        { Type: 'deal', id: 'A3' }
      ]
      const answer = await tried(gateway, session, 'crm', payload)
      t.equal(answer.status, 200)
      const text = textOf(answer)
      t.match(text, /2 updates, 1 ignored\. The sender would get 202\s?\./)
      t.match(text, 'Ids of its events: e1, none.')
      t.match(text, /Event 0 would be sent .*VICIdial: batch_update_lead, lead vendor_lead_code A1/)
      t.match(text, /Stored: {&#34;status&#34;:&#34;SALE&#34;,&#34;first_name&#34;:&#34;Jose&#34;}/)
      t.match(text, /Warning: transliterated in first_name: &#34;José&#34; is stored as &#34;Jose&#34;/)
      t.match(text, /Event 1 refused .*Refused: field_too_long at \/updates\/1\/fields\/status/)
      t.match(text, /Event 2 ignored when is not true Hint: when : `type` is not in the event; it has `Type`/)
      t.match(answer.body, /<textarea[^>]*>\n\[\{&#34;type/)

      t.same(requestCalls(gateway), [])
      const jobs = await call(gateway, 'GET', '/v1/jobs', undefined, { authorization: 'Bearer ops-key' })
      t.match(jobs.body.jobs, { length: 0 })
      t.match(textOf(await look(gateway, '/ops/webhooks/crm', session)), /No request came\./)
      const updates = ({ samples }: Scraped) => samples.filter(({ name }) => name.includes('update'))
      t.same(updates(await scrape(gateway)), updates(before))
      t.notMatch(gateway.logged(), /José|webhook events not used/)
    }
  )

  await t.test('the answer is what the sender would get', async (t) => {
    const answerTo = async (...args: [source: string, payload: unknown, more?: Record<string, string>]) =>
      /The sender would get (\d+ ?\w*)/.exec(textOf(await tried(gateway, session, ...args)))?.[1]?.trim()
    const deal = { type: 'deal', id: 'A1', stage: 'SALE' }
    t.equal(await answerTo('crm', deal), '202')
    t.equal(await answerTo('crm', { type: 'note' }), '202')
    t.equal(await answerTo('crm', { ...deal, stage: 'TOOLONG' }), '422 all_updates_rejected')
    t.equal(await answerTo('crm', '{"a":'), '400 invalid_json')
    t.equal(await answerTo('crm', 'a=1', { content_type: 'text/plain' }), '400 invalid_json')
    t.equal(await answerTo('lenient', { rows: [deal] }), '200')
    t.equal(await answerTo('lenient', { rows: [{ ...deal, stage: 'TOOLONG' }] }), '200')
    t.equal(await answerTo('lenient', '{"a":'), '400 invalid_json')
    const unmapped = textOf(await tried(gateway, session, 'lenient', { Rows: [deal] }))
    t.match(unmapped, /The sender would get 200/)
    t.match(unmapped, /each finds no event in the payload.* Hint: each : .* it has `Rows`/)
  })

  await t.test("a caller's rights and limits count, as in a real request", async (t) => {
    const deal = (more = {}) => ({ type: 'deal', id: 'A1', stage: 'SALE', ...more })
    const page = await look(gateway, '/ops/try?source=by-callers', session)
    t.match(page.body, /<option value="ops"[^>]*>ops<\/option>\s*<option value="sender"/)
    t.notMatch(page.body, '<option value="other"')
    const by = async (caller: string, payload: unknown) =>
      textOf(await tried(gateway, session, 'by-callers', payload, { caller }))
    t.match(await by('sender', deal()), /Event 0 would be sent/)
    t.match(
      await by('sender', deal({ name: 'Ann' })),
      /Refused: field_not_allowed at \/updates\/0\/fields\/first_name/
    )
    t.match(
      await by('sender', deal({ stage: 'DNC' })),
      /Refused: field_not_allowed at \/updates\/0\/fields\/status/
    )
    t.match(await by('sender', [deal(), deal(), deal()]), /The sender would get 413 payload_too_large/)
    t.match(await by('ops', deal({ name: 'Ann' })), /Event 0 would be sent/)
    for (const caller of ['', 'other', 'nobody']) {
      const refused = await tried(gateway, session, 'by-callers', deal(), { caller })
      t.equal(refused.status, 400)
      t.match(textOf(refused), 'Choose a caller with the permission webhook:by-callers.')
    }
  })

  await t.test('a form, a challenge, and a payload as it was read before', async (t) => {
    const page = await look(gateway, '/ops/try?source=slack', session)
    t.match(page.body, /<option value="application\/x-www-form-urlencoded"[^>]*>.*<option value="as_read"/s)
    t.notMatch(page.body, 'value="application/json"')
    const as = (content_type: string) => ({ content_type })
    const text = `payload=${encodeURIComponent('{"id":7,"token":"canary-key"}')}`
    const sent = await tried(gateway, session, 'slack', text, as('application/x-www-form-urlencoded'))
    t.match(textOf(sent), /Event 0 would be sent .*comments.*\\&#34;id\\&#34;:7/)
    t.notMatch(textOf(sent).split('What it becomes')[1], 'canary-key', 'the key is taken out')
    t.match(textOf(await tried(gateway, session, 'slack', { id: 7 }, as('as_read'))), 'Event 0 would be sent')
    const challenge = textOf(await tried(gateway, session, 'slack', { challenge: 'abc' }, as('as_read')))
    t.match(challenge, /The sender would get 200.*asks whether this is its address.*&#34;abc&#34;/)
    t.equal((await tried(gateway, session, 'slack', '{}', as('application/json'))).status, 400)
  })

  await t.test('hostile payloads are shown as text, and have limits of size and time', async (t) => {
    for (const payload of [
      { type: 'deal', id: HOSTILE, stage: HOSTILE, name: HOSTILE, event: HOSTILE, [HOSTILE]: 1 },
      { [HOSTILE]: HOSTILE },
      HOSTILE
    ]) {
      const { status, body } = await tried(gateway, session, 'crm', payload)
      t.equal(status, 200)
      t.notMatch(body, /<script>|<img|onerror=alert\(1\)>/)
      t.equal(body.match(/<\/textarea>/g)?.length, 1)
    }
    t.equal((await tried(gateway, session, 'crm', 'x'.repeat(262_145))).status, 413)
    const lines = `{${'\r\n'.repeat(150_000)}"id":1}`
    t.match(textOf(await tried(gateway, session, 'crm', lines)), '1 ignored')
    t.equal((await tried(gateway, session, 'crm', '{'.repeat(400_000))).status, 413)
    t.equal((await form(gateway, '/ops/jobs/job_1/cancel', { a: 'x'.repeat(20_000) }, session)).status, 413)
    const many = Array.from({ length: 9_000 }, () => ({ type: 'deal', id: 1 }))
    t.match(
      textOf(await tried(gateway, session, 'crm', many)),
      /9,000 ignored.* 8,980 more ignored events not shown/
    )
    const deep = textOf(await tried(gateway, session, 'crm', '['.repeat(5_000) + ']'.repeat(5_000)))
    t.match(deep, /400 invalid_json/)

    let both: Answer[]
    do both = await Promise.all([tried(gateway, session, 'crm', many), tried(gateway, session, 'crm', many)])
    while (both.every(({ status }) => status === 200))
    const refused = both.find(({ status }) => status !== 200)
    t.equal(refused?.status, 503)
    t.match(refused && textOf(refused), 'Another payload is being tried: try again.')
  })

  await t.test('only forms with known sources and fields are taken', async (t) => {
    t.equal((await tried(gateway, session, 'nobody', {})).status, 404)
    t.equal((await look(gateway, '/ops/try?source=nobody', session)).status, 404)
    t.equal((await tried(gateway, session, 'crm', '')).status, 400)
    t.equal((await tried(gateway, session, 'crm', {}, { content_type: 'application/xml' })).status, 400)
    t.equal((await tried(gateway, session, 'crm', {}, { nonsense: '1' })).status, 400)
    t.equal((await look(gateway, '/ops/try?nonsense=1', session)).status, 400)
    t.match(textOf(await look(gateway, '/ops/try?source=', session)), 'Source crm lenient by-callers slack')
  })
})
