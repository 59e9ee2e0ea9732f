import { readFileSync } from 'node:fs'
import { test } from 'tap'
import { get, postForm, startCompat } from '../../compat/calls.ts'
import type { Gateway } from '../../helper.ts'

interface Step {
  readonly method: 'GET' | 'POST'
  readonly params?: Readonly<Record<string, string>>
  readonly reply: string
  readonly changed: Readonly<Record<string, Readonly<Record<string, string>>>>
}
interface Exchange {
  readonly id: string
  readonly use_non_latin: 0 | 1
  readonly steps: readonly Step[]
}

const fixture = JSON.parse(readFileSync('test/fixtures/fixture.json', 'utf8'))
/** The recorded calls of the user `api`; permissions of other VICIdial users don't apply to callers. */
const exchanges: Exchange[] = readFileSync('test/fixtures/transcripts.jsonl', 'utf8')
  .trimEnd()
  .split('\n')
  .map((line): Exchange => JSON.parse(line))
  .filter(({ steps }) =>
    steps.every(({ params }) => params?.['function'] === 'batch_update_lead' && params['user'] === 'api')
  )

/**
 * Where the gateway's response differs from VICIdial's on purpose, and why. The first match counts.
 */
const OTHERWISE: readonly (readonly [said: RegExp, why: string])[] = [
  [/\|field_too_long\|/, 'VICIdial cuts what is too long, without a sign.'],
  [/\|characters_lost\|/, 'VICIdial drops characters of identifiers, without a sign.'],
  [
    /\|unsafe_characters\|/,
    'VICIdial writes a backslash into its SQL, and control characters into its table.'
  ],
  [/\|field_not_clearable\|/, 'VICIdial stores something else than nothing there.'],
  [
    /\|field_invalid\|/,
    'VICIdial stores something near the value, or nothing; of lead ids it drops letters.'
  ],
  [/\|no_changes\|/, 'VICIdial answers with nothing at all if there is nothing to do.'],
  [/\|field_unknown\|favourite\|/, 'VICIdial passes over parameters that it does not know.'],
  [
    /VALUE STORED OTHERWISE - api\|[\d,]+\|transliterated\|/,
    'VICIdial drops letters that the gateway writes in ASCII.'
  ],
  [/VALUE STORED OTHERWISE - api\|[\d,]+\|characters_dropped\|/, 'The same is stored, but not told.'],
  [/\|records must be/, 'VICIdial leaves out leads beyond the limit, without a sign.'],
  [/\|list_id moves no lead/, 'VICIdial passes over list_id in a batch.'],
  [/NOT A DEFINED LIST ID/, 'VICIdial moves leads to lists that there are not, unless list_exists_check=Y.'],
  [
    /: ERROR: Login incorrect/,
    'VICIdial drops symbols of a password before it compares it; a key counts as it is.'
  ],
  [
    /^field\/alt_phone\/\d\/\w+: SUCCESS/,
    'VICIdial keeps punctuation of alt_phone; the gateway stores digits.'
  ],
  [/^field\/comments\/\d\/\w+: SUCCESS/, 'VICIdial stores a carriage return; the gateway a new line.'],
  [/^batch\/get-json-leads-data: SUCCESS/, 'VICIdial knows no leads_data.']
]

/** A response as clients read it: without the number of changed rows, which the gateway doesn't know. */
function lines(text: string): string[] {
  return text
    .replaceAll(/(UPDATED - \w+\|)\d+\|/g, '$1')
    .trimEnd()
    .split('\n')
}

function changedIn(gateway: Gateway): Record<string, Record<string, string>> {
  const changed: Record<string, Record<string, string>> = {}
  const now = gateway.sandbox.leads()
  for (const before of fixture.leads as Record<string, unknown>[]) {
    const id = String(before['lead_id'])
    const lead = now[id] as unknown as Record<string, unknown>
    for (const name in before) {
      if (String(lead[name]) === String(before[name])) continue
      ;(changed[id] ??= {})[name] = String(lead[name])
    }
  }
  return changed
}

test("every recorded batch gets VICIdial's response, or differs on purpose", async (t) => {
  const used = new Map<string, number>()
  const callers = [
    { name: 'crm', permissions: '*' },
    { name: 'api', permissions: '*' }
  ]
  for (const nonLatin of [0, 1] as const) {
    const gateway = await startCompat(
      t,
      callers,
      { VICIDIAL_NON_LATIN: String(nonLatin) },
      { fixture, useNonLatin: nonLatin }
    )
    for (const { id, steps } of exchanges.filter((exchange) => exchange.use_non_latin === nonLatin)) {
      gateway.sandbox.reset()
      for (const { method, params = {}, reply, changed } of steps) {
        const pass = params['pass'] === 's3cret' ? 'api-key' : (params['pass'] ?? '')
        const { body } = await (method === 'GET' ? get : postForm)(gateway, { ...params, pass })
        const isTold = lines(reply).every((line, index) => lines(body)[index]?.startsWith(line))
        const sameDone = JSON.stringify(changedIn(gateway)) === JSON.stringify(changed)
        if (isTold && reply !== '' && (sameDone || steps.length > 1) && !body.includes('OTHERWISE')) continue
        const [, why] = OTHERWISE.find(([said]) => said.test(`${id}: ${body}`)) ?? []
        t.ok(why, `${id}: ${JSON.stringify(params)}: ${reply}${body}`)
        if (!/SUCCESS|OTHERS UPDATED/.test(body))
          t.same(changedIn(gateway), {}, `${id}: what is refused is not done`)
        used.set(why ?? '', (used.get(why ?? '') ?? 0) + 1)
      }
    }
  }
  for (const [why, count] of used) t.comment(`${count}: ${why}`)
  t.equal(used.size, OTHERWISE.length, 'each reason is needed')
})
