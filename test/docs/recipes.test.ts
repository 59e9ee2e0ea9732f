import { readFileSync } from 'node:fs'
import { type Test, test } from 'tap'
import { parse } from 'yaml'
import { type Answer, call, type Gateway } from '../helper.ts'
import { until } from '../until.ts'
import { readRequest, type Request, signedNow } from './messages.ts'
import { type Page, PATHS, readPage } from './page.ts'
import { startSurroundings } from './surroundings.ts'

/** What the recipes have in common, beyond the blocks that blocks.test.ts runs. */
const RECIPES = PATHS.filter((path) => path.startsWith('docs/recipes/')).map(readPage)
/** All of them as one page, for one gateway. */
const ALL: Page = {
  ...readPage('docs/webhooks.md'),
  blocks: RECIPES.flatMap(({ blocks }) => blocks),
  borrowed: []
}

/** What a page says that VICIdial holds after an update. */
interface Stored {
  readonly key: string
  readonly value: string
  readonly columns: Record<string, string>
}

function requestsOf({ blocks }: Page): Request[] {
  return blocks.filter(({ language }) => language === 'http').map(({ text }) => readRequest(text))
}

/** The names of the sources by whose events a repeat is known. */
function withEventId({ blocks }: Page): string[] {
  const files = blocks.filter(({ language }) => language === 'yaml').map(({ text }) => parse(text))
  return files.flatMap(({ webhooks }) =>
    webhooks.filter((one: any) => one.event_id).map((one: any) => one.name)
  )
}

function readStored(text: string): Stored[] {
  const updates = text.matchAll(/^ {2}VICIdial {2}\w+, lead (\w+) (\S+)\n {2}stored {4}(\{.*\})$/gm)
  return [...updates].map(([, key = '', value = '', columns = '']) => ({
    key,
    value,
    columns: JSON.parse(columns)
  }))
}

/** Those columns of the lead that an update is about, as text. */
function columnsOf(gateway: Gateway, { key, value, columns }: Stored): Record<string, string> | undefined {
  const rows = Object.values(gateway.sandbox.leads()) as unknown as Record<string, unknown>[]
  const row = rows.find((one) => String(one[key]) === value)
  return row && Object.fromEntries(Object.keys(columns).map((name) => [name, String(row[name])]))
}

/** Sends a request, and waits until what it carries has arrived. */
async function send(gateway: Gateway, request: Request): Promise<Answer> {
  const { method, url, headers, body } = signedNow(request)
  const answer = await call(gateway, method, url, body, { authorization: '', ...headers })
  await until('nothing waits', async () => {
    const { body } = await call(gateway, 'GET', `/v1/jobs/${answer.body.id}`, undefined, {
      authorization: 'Bearer demo-key'
    })
    return body.finished_at !== undefined
  })
  return answer
}

async function checkRecipe(t: Test, gateway: Gateway, recipe: Page): Promise<void> {
  const stored = recipe.blocks.flatMap(({ text }) => readStored(text))
  const requests = requestsOf(recipe)
  t.ok(requests.length > 0)
  t.ok(stored.length > 0)
  for (const one of stored) t.strictNotSame(columnsOf(gateway, one), one.columns, one.value)
  for (const request of requests) t.equal((await send(gateway, request)).status, 202)
  for (const one of stored) t.strictSame(columnsOf(gateway, one), one.columns, one.value)

  const repeated = await Promise.all(requests.map((request) => send(gateway, request)))
  const known = requests.map(({ url }) => withEventId(recipe).includes(url.replace('/v1/webhooks/', '')))
  t.strictSame(
    repeated.map(({ headers }) => headers.has('idempotency-replayed')),
    known
  )
  t.equal(readFileSync(recipe.path, 'utf8').includes('Idempotency-Replayed'), known.includes(true))
}

test('VICIdial stores what the recipes say, and only its event id identifies a repeat', async (t) => {
  const { gateway } = await startSurroundings(t, ALL)
  for (const recipe of RECIPES) await t.test(recipe.path, (t) => checkRecipe(t, gateway, recipe))

  await t.test('a repeat with wait gets the result', async (t) => {
    const requests = RECIPES.filter(({ path }) => path.endsWith('zapier.md')).flatMap(requestsOf)
    for (const request of requests) {
      const { status, headers, body } = await send(gateway, { ...request, url: `${request.url}?wait=25` })
      t.strictSame([status, headers.get('idempotency-replayed'), body.status], [200, 'true', 'completed'])
    }
    t.equal(requests.length, 2)
  })
})
