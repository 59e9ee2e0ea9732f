import fc from 'fast-check'
import { test } from 'tap'
import { batch, isCheck, startGateway, startStandIn } from '../helper.ts'
import { stoppedClock } from '../stopped-clock.ts'
import { anyCharacter } from '../any-character.ts'

/** It stands in every hostile reply, and may stand in no answer. */
const MARK = 'MARKED'
const GOOD = {
  status: 200,
  text: 'SUCCESS: batch_update_lead LEADS HAVE BEEN UPDATED - api|1|1|9\n'
}
const UPDATES = [
  { lead_id: 1, fields: { status: 'A' } },
  { lead_id: 2, fields: { status: 'A' } },
  { lead_id: 3, fields: { status: 'A' } },
  { lead_id: 4, fields: { status: 'B', phone_number: '2125559999' } },
  { vendor_lead_code: 'CRM-5', fields: { status: 'A' } }
]

const ids = fc.array(fc.oneof(fc.integer({ min: 1, max: 6 }), fc.constantFrom(0, 999, 4_294_967_296)), {
  maxLength: 6
})
const success = fc
  .tuple(ids, fc.option(fc.nat(9), { nil: undefined }), fc.constantFrom('1', '0', '-1', 'x', ''))
  .map(([leads, found, changed]) => {
    const count = found ?? leads.length
    return `SUCCESS: batch_update_lead LEADS HAVE BEEN UPDATED - api|${changed}|${count}|${leads.join(',')}`
  })
const official = ids.map(
  (leads) => `SUCCESS: batch_update_lead LEADS HAVE BEEN UPDATED - ${MARK}|${leads.length}|${leads}`
)
const single = fc
  .tuple(fc.constantFrom(1, 4, 5, ''), fc.constantFrom('1', '0', '-1', ''))
  .map(([lead, changed]) => `SUCCESS: update_lead LEAD HAS BEEN UPDATED - api|${lead}|${changed}|||`)
const error = fc.constantFrom(
  `ERROR: batch_update_lead NO MATCHES FOUND IN THE SYSTEM: |${MARK}|1,2,3`,
  `ERROR: update_lead NO MATCHES FOUND IN THE SYSTEM: |${MARK}|4||`,
  `ERROR: batch_update_lead NOT A DEFINED LIST ID, LIST EXISTS CHECK ENABLED - ${MARK}|777`,
  `ERROR: NO FUNCTION SPECIFIED ${MARK}`,
  `ERROR: ${MARK}`,
  `NOTICE: update_lead CUSTOM FIELDS VALUES UPDATED - |4|101|0|101|1${MARK}`
)
const noise = fc.oneof(
  fc.string({ unit: anyCharacter, maxLength: 40 }),
  fc.constantFrom(
    `<html><script>${MARK}</script>`,
    `<br />\n<b>Warning</b>: mysqli ${MARK} in <b>/srv/www</b>`,
    'CRM-5|1|5',
    'CRM-5|2|5-6',
    'CRM-5|0|',
    `CRM-5|1|5${MARK}`,
    'x'.repeat(70_000)
  )
)
const line = fc.oneof(
  { weight: 4, arbitrary: success },
  { weight: 1, arbitrary: official },
  { weight: 2, arbitrary: single },
  { weight: 2, arbitrary: error },
  { weight: 3, arbitrary: noise }
)
/** What VICIdial replies if all goes well, or if it knows only the first of the leads. */
const sound = fc
  .constantFrom(
    'SUCCESS: batch_update_lead LEADS HAVE BEEN UPDATED - api|1|{count}|{leads}',
    'SUCCESS: batch_update_lead LEADS HAVE BEEN UPDATED - api|1|1|{first}',
    'SUCCESS: update_lead LEAD HAS BEEN UPDATED - api|{first}|1|||'
  )
  .map((text) => ({ status: 200, text: `${text}\n` }))
const hostile = fc.record({
  status: fc.constantFrom(200, 200, 200, 200, 500, 502, 404, 302, 204),
  text: fc
    .tuple(fc.array(line, { maxLength: 4 }), fc.constantFrom('\n', ''), fc.nat(9))
    .map(([lines, end, cut]) => {
      const whole = lines.join('\n') + end
      return cut === 0 ? whole.slice(0, whole.length / 2) : whole
    })
})

test('whatever VICIdial replies: one result per update, in order, and "updated" only for a lead that it named', async (t) => {
  // A timer that is late is late once: while the machine is busy with others, no time passes here.
  const { tick } = stoppedClock(t)
  const ticking = setInterval(tick, 1, 1)
  t.teardown(() => {
    clearInterval(ticking)
  })
  let replies: { status: number; text: string }[] = []
  let said: { lead: string; text: string }[] = []
  const url = await startStandIn(t, (params, response) => {
    const { status, text: template } = (isCheck(params) ? undefined : replies.shift()) ?? {
      status: 200,
      text: ''
    }
    const lead = params['lead_ids'] ?? params['lead_id'] ?? ''
    const leads = lead.split(',')
    const text = template
      .replace('{count}', String(leads.length))
      .replace('{leads}', lead)
      .replace('{first}', leads[0] ?? '')
    said.push({ lead, text })
    response.writeHead(status, { 'content-type': 'text/html' }).end(status === 204 ? undefined : text)
  })
  // A pause before a repeat would be longer: what was said in the end is what was said at first.
  const env = { VICIDIAL_URL: url, VICIDIAL_TIMEOUT_MS: '49', REQUEST_DEADLINE_MS: '49' }
  const gateway = await startGateway(t, { ...env, VICIDIAL_MAX_CONCURRENCY: '1' })
  const seen = new Set<string>()
  await fc.assert(
    fc.asyncProperty(fc.array(fc.oneof(sound, hostile), { minLength: 1, maxLength: 3 }), async (planned) => {
      replies = [...planned]
      said = []
      const { status, body } = await batch(gateway, { updates: UPDATES })
      if (![200, 207, 502, 503, 504].includes(status)) throw new Error(`HTTP ${status}`)
      const indexes = body.results.map((result: { index: number }) => result.index).join()
      if (indexes !== '0,1,2,3,4') throw new Error(`results ${indexes}`)
      for (const result of body.results) {
        seen.add(result.status)
        if (result.status !== 'updated') continue
        const named = said.some(({ lead, text }) => {
          const asked = lead.split(',').includes(String(result.lead_id))
          return asked && new RegExp(`(SUCCESS: |VALUES UPDATED - ).*[|,]${result.lead_id}[|,\\n]`).test(text)
        })
        if (!named) throw new Error(`lead ${result.lead_id} is said to be updated`)
      }
      if (JSON.stringify(body).includes(MARK)) throw new Error('the reply was passed on')
      // A good answer now and then: after many bad ones in a row VICIdial is left in peace, and nothing is tried.
      replies = [GOOD]
      await batch(gateway, { lead_ids: [9], fields: { status: 'A' } })
    }),
    { numRuns: 400 }
  )
  for (const status of ['failed', 'not_found', 'unknown', 'updated']) t.ok(seen.has(status), status)
  t.notOk(gateway.logged().includes(MARK))
})

test('half a reply proves nothing about any lead, even if the half looks complete', async (t) => {
  const halves = [
    'SUCCESS: batch_update_lead LEADS HAVE BEEN UPDATED - api|3|2',
    'SUCCESS: batch_update_lead LEADS HAVE BEEN UPDATED - api|3|3|21,2,1',
    'ERROR: batch_update_lead NO MATCHES FOUND IN THE SYSTEM: |api|21,2,1',
    'ERROR: batch_update_lead NOT A DEFINED LIST ID, LIST EXISTS CHECK ENABLED - api|777'
  ]
  for (const half of halves) {
    const url = await startStandIn(t, (_params, response) => response.end(half))
    const env = { VICIDIAL_URL: url }
    const { status, body } = await batch(await startGateway(t, env), {
      lead_ids: [21, 2, 1],
      fields: { status: 'A' }
    })
    t.equal(status, 502, half)
    t.same(
      body.results.map((result: { status: string }) => result.status),
      ['unknown', 'unknown', 'unknown']
    )
  }
})

test('an endless reply is cut off, and its updates are "unknown"', async (t) => {
  const url = await startStandIn(t, (_params, response) => {
    response.writeHead(200)
    const fill = () => {
      while (response.write('<p>'.repeat(20_000)));
      response.once('drain', fill)
    }
    fill()
  })
  const gateway = await startGateway(t, {
    VICIDIAL_URL: url,
    REQUEST_DEADLINE_MS: '2000',
    VICIDIAL_TIMEOUT_MS: '2000'
  })
  const { status, body } = await batch(gateway, { lead_ids: [1], fields: { status: 'A' } })

  t.equal(status, 502)
  t.match(body, {
    code: 'upstream_error',
    detail: 'VICIdial sent far more than an answer.',
    results: [{ status: 'unknown' }]
  })
})
