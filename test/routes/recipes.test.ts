import { createHmac } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { STATUS_CODES } from 'node:http'
import { test } from 'tap'
import { parse } from 'yaml'
import { generateFixture } from '../../src/sandbox/fixture.ts'
import { type Answer, call, type Gateway, startGateway, type Tester } from '../helper.ts'
import { until } from '../until.ts'

const RECIPES = readdirSync('docs/recipes').map((file) => `docs/recipes/${file}`)
const HUBSPOT_SECRET = '6f1d3c52-hubspot-app'
const SECRETS = {
  hubspot_client_secret: HUBSPOT_SECRET,
  curl_secret: 'curl-signing-secret-5d0e',
  form_token: 'form-token-19ab'
}
/** Vendor codes of the documents, by the lead that has them here. */
const VENDOR_CODES = new Map([
  [110, '00QHs00001AbCdEMAV'],
  [111, '1246965'],
  [112, '1246979']
])

interface Block {
  readonly language: string
  readonly text: string
}

interface Request {
  readonly method: string
  readonly url: string
  readonly headers: Record<string, string>
  readonly body: string
}

interface Shown {
  readonly line: string
  readonly headers: Record<string, string>
  readonly body: any
}

/** What a document says that VICIdial holds after an update. */
interface Stored {
  readonly key: string
  readonly value: string
  readonly columns: Record<string, string>
}

function blocksOf(document: string): Block[] {
  const fenced = readFileSync(document, 'utf8').matchAll(/^```(\w*)\n(.*?)\n```$/gms)
  return [...fenced].map(([, language = '', text = '']) => ({ language, text }))
}

function readMessage(text: string) {
  const end = text.indexOf('\n\n')
  const [line = '', ...lines] = text.slice(0, end).split('\n')
  const pairs = lines.map((header) => [header.split(': ')[0]?.toLowerCase(), header.split(': ')[1]])
  return { line, headers: Object.fromEntries(pairs) as Record<string, string>, body: text.slice(end + 2) }
}

/** A request as it is shown; one that is signed with its time is signed anew. */
function readRequest(text: string): Request {
  const { line, headers, body } = readMessage(text)
  const [method = '', url = ''] = line.split(' ')
  const { host: _host, ...rest } = headers
  if (!('x-hubspot-signature-v3' in rest)) return { method, url, headers: rest, body }
  const time = String(Date.now())
  const signature = createHmac('sha256', HUBSPOT_SECRET)
    .update(`${method}https://gateway.example${url}${body}${time}`)
    .digest('base64')
  const signed = { 'x-hubspot-request-timestamp': time, 'x-hubspot-signature-v3': signature }
  return { method, url, headers: { ...rest, ...signed }, body }
}

function readShown(text: string): Shown {
  const { line, headers, body } = readMessage(text)
  return { line, headers, body: JSON.parse(body) }
}

function readStored(text: string): Stored[] {
  const updates = text.matchAll(/^ {2}VICIdial {2}\w+, lead (\w+) (\S+)\n {2}stored {4}(\{.*\})$/gm)
  return [...updates].map(([, key = '', value = '', columns = '']) => ({
    key,
    value,
    columns: JSON.parse(columns)
  }))
}

/** The same for every run: no ids, no times. */
function timeless(body: unknown): unknown {
  const text = JSON.stringify(body)
    .replace(/\b(job|req)_[0-9A-Z]{26}/g, '$1_ID')
    .replace(/"20\d\d-\d\d-\d\dT[\d:.]+Z"/g, '"TIME"')
  return JSON.parse(text)
}

/** A gateway with the sources of all recipes, on a VICIdial that has the leads of all their requests. */
async function start(t: Tester & { testdir: (files: Record<string, string>) => string }) {
  const webhooks = RECIPES.flatMap((document) => {
    const yaml = blocksOf(document).find(({ language }) => language === 'yaml')
    return parse(yaml?.text ?? '').webhooks as { name: string; event_id?: object }[]
  })
  // JSON is YAML.
  const directory = t.testdir({ ...SECRETS, 'gateway.yaml': JSON.stringify({ webhooks }) })
  const fixture = generateFixture(120)
  const leads = fixture.leads.map((lead) => ({
    ...lead,
    status: 'DROP',
    vendor_lead_code: VENDOR_CODES.get(lead.lead_id) ?? lead.vendor_lead_code
  }))
  const env = { GATEWAY_CONFIG: `${directory}/gateway.yaml` }
  const gateway = await startGateway(t, env, { fixture: { ...fixture, leads } })
  return { gateway, withEventId: new Set(webhooks.filter((one) => one.event_id).map(({ name }) => name)) }
}

function send(gateway: Gateway, { method, url, headers, body }: Request): Promise<Answer> {
  return call(gateway, method, url, body, { authorization: '', ...headers })
}

async function finished(gateway: Gateway, id: string) {
  return until('the job has ended', async () => {
    const { body } = await call(gateway, 'GET', `/v1/jobs/${id}`)
    return body.finished_at !== undefined && body
  })
}

/** Those columns of the lead that an update is about, as text. */
function columnsOf(gateway: Gateway, { key, value, columns }: Stored): Record<string, string> | undefined {
  const rows = Object.values(gateway.sandbox.leads()) as unknown as Record<string, unknown>[]
  const row = rows.find((one) => String(one[key]) === value)
  return row && Object.fromEntries(Object.keys(columns).map((name) => [name, String(row[name])]))
}

test('what the documents show of webhooks is what the gateway does', async (t) => {
  const { gateway, withEventId } = await start(t)

  for (const document of [...RECIPES, 'docs/webhooks.md']) {
    await t.test(document, async (t) => {
      const blocks = blocksOf(document)
      const stored = document === 'docs/webhooks.md' ? [] : blocks.flatMap(({ text }) => readStored(text))
      for (const one of stored) t.strictNotSame(columnsOf(gateway, one), one.columns, one.value)

      // An answer belongs to the first request before it that has none yet, or else to the last one's repeat.
      const waiting: string[] = []
      const sent: string[] = []
      let shown: Shown | undefined
      let answer: Answer | undefined
      for (const { language, text } of blocks) {
        if (language === 'http') waiting.push(text)
        if (text.startsWith('HTTP/1.1 ')) {
          const request = waiting.shift() ?? sent.at(-1) ?? ''
          sent.push(request)
          answer = await send(gateway, readRequest(request))
          shown = readShown(text)
          t.equal(`HTTP/1.1 ${answer.status} ${STATUS_CODES[answer.status]}`, shown.line)
          t.strictSame(timeless(answer.body), timeless(shown.body))
          for (const [name, value] of Object.entries(shown.headers)) t.equal(answer.headers.get(name), value)
          const isReplayed = 'idempotency-replayed' in shown.headers
          t.equal(answer.headers.has('idempotency-replayed'), isReplayed)
          if (answer.body.links) await finished(gateway, answer.body.id)
        }
        if (language === 'json') {
          const job = JSON.parse(text)
          t.equal(job.id, shown?.body.id)
          t.strictSame(timeless(await finished(gateway, answer?.body.id)), timeless(job))
        }
      }
      t.ok(sent.length > 0)

      for (const request of waiting) {
        const { status, body } = await send(gateway, readRequest(request))
        t.strictSame([status, timeless(body)], [answer?.status, timeless(answer?.body)], 'answered alike')
        t.equal((await finished(gateway, body.id)).status, 'completed')
      }
      for (const one of stored) t.strictSame(columnsOf(gateway, one), one.columns, one.value)
    })
  }

  await t.test('a repeat has the answer of the first, where the recipe has an event id', async (t) => {
    for (const document of RECIPES) {
      const requests = blocksOf(document).filter(({ language }) => language === 'http')
      const replayed: boolean[] = []
      for (const { text } of requests) {
        const request = readRequest(text)
        const { status, headers } = await send(gateway, request)
        replayed.push(headers.has('idempotency-replayed'))
        t.strictSame(
          [status, replayed.at(-1)],
          [202, withEventId.has(request.url.replace('/v1/webhooks/', ''))],
          document
        )
      }
      const text = readFileSync(document, 'utf8')
      t.equal(text.includes('Idempotency-Replayed'), replayed.includes(true), document)
    }
  })

  await t.test('with wait a repeat gets the result', async (t) => {
    const [request] = blocksOf('docs/recipes/zapier.md').filter(({ language }) => language === 'http')
    const { url, ...rest } = readRequest(request?.text ?? '')
    const { status, headers, body } = await send(gateway, { ...rest, url: `${url}?wait=25` })
    t.strictSame([status, headers.get('idempotency-replayed'), body.status], [200, 'true', 'completed'])
  })
})
