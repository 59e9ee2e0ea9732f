import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { test } from 'tap'
import type { NonLatin } from '../../src/leads/cleaning/column-text.ts'
import { FIELDS } from '../../src/leads/fields.ts'
import { ALL_RIGHTS } from '../../src/leads/rights.ts'
import { serverRules } from '../../src/leads/server-rules.ts'
import type { Update } from '../../src/leads/update.ts'
import { DEFAULT_OPTIONS } from '../../src/leads/update-options.ts'
import { readUpdate } from '../../src/leads/read-update.ts'
import type { Fixture, Lead } from '../../src/tools/sandbox/database/fixture.ts'
import { type Sandbox, startSandbox } from '../../src/tools/sandbox/sandbox.ts'
import { additionParams, newLeadOf } from '../../src/vicidial/lead-params.ts'
import { readUpsertReply } from '../../src/vicidial/reply/upsert-reply.ts'
import { formBody } from '../../src/vicidial/wire.ts'
import { anyValue } from '../lead-values.ts'

const fixture: Fixture = JSON.parse(readFileSync('test/fixtures/fixture.json', 'utf8'))
const ACCOUNT = { source: 'crm', user: 'api', pass: 's3cret' }
/** What `add` itself has, and the key. */
const NAMED = new Set(['list_id', 'phone_code', 'phone_number', 'vendor_lead_code'])
const RUNS = 300

/** Adds the lead of an update as the gateway would. Returns what VICIdial then holds. */
async function added(sandbox: Sandbox, { key, addition }: Update): Promise<Lead> {
  if (addition === undefined || key.by === 'lead_id') throw new Error('nothing to add')
  const body = formBody(additionParams(key.by, addition), ACCOUNT)
  const response = await fetch(sandbox.url, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body
  })
  const reply = readUpsertReply(response.status, await response.text(), newLeadOf(addition))
  if (reply.kind !== 'added') throw new Error(JSON.stringify(reply))
  return sandbox.leads()[reply.lead] as Lead
}

for (const mode of [0, 1] as const satisfies NonLatin[]) {
  test(`use_non_latin=${mode}: a new lead holds what the gateway says, whatever its fields`, async (t) => {
    const sandbox = await startSandbox({ fixture, useNonLatin: mode })
    t.teardown(() => sandbox.close())
    const rules = { ...serverRules(mode), customFields: new Map(), rights: ALL_RIGHTS }
    const field = fc.constantFrom(...FIELDS.filter(({ name }) => !NAMED.has(name)))
    const value = field.chain((one) =>
      fc.tuple(fc.constant(one.name), fc.option(fc.oneof(anyValue, fc.constant(one.example))))
    )
    const values = fc.array(value, { maxLength: 6 }).map((some) => Object.fromEntries(some))
    let count = 0
    let compared = 0
    await fc.assert(
      fc.asyncProperty(values, values, async (fields, ofNew) => {
        count++
        const add = { list_id: 101, phone_code: '1', phone_number: `31255${String(count).padStart(5, '0')}` }
        const own = Object.fromEntries(Object.entries(ofNew).filter(([name]) => !(name in fields)))
        const update = readUpdate(
          {
            vendor_lead_code: `NEW-${mode}-${count}`,
            fields: { ...fields, rank: 7 },
            on_missing: 'add',
            add: { ...add, fields: own }
          },
          0,
          { ...DEFAULT_OPTIONS, onInvalid: 'drop_field' },
          rules
        )
        if ('refusals' in update) return
        const { stored = {} } = update.addition ?? {}
        const lead = await added(sandbox, update)
        for (const [name, kept] of Object.entries(stored)) {
          const holds = String(lead[name as keyof Lead])
          if (holds !== kept)
            throw new Error(`${name}: said ${JSON.stringify(kept)}, holds ${JSON.stringify(holds)}`)
          compared++
        }
        if (lead.user !== 'api') throw new Error('the user is not the account')
      }),
      { numRuns: RUNS }
    )
    t.ok(compared > RUNS)
  })
}
