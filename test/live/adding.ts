import type { Test } from 'tap'
import type { FoundField } from './custom-types.ts'
import { NO_LIST } from './random-updates.ts'
import type { Ask } from './reading.ts'
import { CUSTOM } from './rows.ts'
import { deleteLead, type Server, storedCustomValue, storedValue } from './server.ts'

interface AddRun {
  readonly server: Server
  readonly listId: number
  /** A lead of the list, and its code. */
  readonly existing: { readonly lead: number; readonly code: string }
  readonly codeOf: (name: string) => string
  readonly phoneOf: (n: number) => string
  /** What new leads hold in `source_id`. Only leads with it are removed. */
  readonly mark: string
  readonly customFields: readonly FoundField[]
  readonly ask: Ask
}

/** Adds leads through the gateway, reads them back through VICIdial, and removes them again. */
export async function checkAdding(t: Test, run: AddRun): Promise<void> {
  const { server, listId, existing, codeOf, phoneOf, mark, customFields, ask } = run
  const text = customFields.find(({ type }) => type === 'TEXT' || type === 'AREA')?.label
  const added = new Set<number>()
  t.teardown(async () => {
    for (const lead of added)
      if ((await storedValue(server, lead, 'source_id')) === mark) await deleteLead(server, lead)
  })
  const fields = { first_name: 'Zoë', last_name: "O'Add & Sons", comments: "line one\nit's line two" }
  const whole = { ...fields, gender: 'F', rank: 5, email: 'a.b@example.com', date_of_birth: '1985-12-31' }
  const custom = text === undefined ? {} : { custom_fields: { [text]: 'added' } }
  const upserts = {
    on_missing: 'add',
    add: { list_id: listId, phone_code: '1', fields: { source_id: mark } },
    updates: [
      { vendor_lead_code: codeOf('ADD'), fields: whole, add: { phone_number: phoneOf(500), ...custom } },
      { phone_number: phoneOf(501), fields },
      { vendor_lead_code: codeOf('TWO'), fields, add: { phone_number: phoneOf(502) } },
      { vendor_lead_code: codeOf('TWO'), fields: { city: 'Reno' }, add: { phone_number: phoneOf(503) } },
      { vendor_lead_code: existing.code, fields: { city: 'Reno' }, add: { phone_number: phoneOf(504) } }
    ]
  }
  const held = (lead: number, column: string) => {
    if (!column.startsWith(CUSTOM)) return storedValue(server, lead, column)
    return storedCustomValue(server, lead, column.slice(CUSTOM.length))
  }
  const upsert = async (body: object) => {
    const { body: answer } = await ask('POST', '/v1/leads/batch-update', body)
    for (const { status, lead_id } of answer.results) if (status === 'added') added.add(lead_id)
    return answer
  }

  await t.test('leads that VICIdial lacks are added as a dry run says, and only once', async (t) => {
    const planned = await upsert({ ...upserts, dry_run: true })
    const { results, summary } = await upsert(upserts)
    t.match(summary, { added: 3, updated: 2 })
    const [{ lead_id: two } = { lead_id: 0 }] = results.slice(2)
    t.match(results, [
      { status: 'added' },
      { status: 'added' },
      { status: 'added', lead_id: two },
      { status: 'updated', lead_id: two },
      { status: 'updated', lead_id: existing.lead }
    ])
    for (const [index, { lead_id: lead, status, warnings }] of results.entries()) {
      t.same(warnings, planned.results[index].warnings, `warnings of update ${index}`)
      if (status !== 'added') continue
      const expected = { ...planned.results[index].stored_if_added, ...(lead === two && { city: 'Reno' }) }
      t.match(expected, { user: server.user, called_count: '0', source_id: mark, list_id: String(listId) })
      for (const [column, value] of Object.entries(expected))
        t.equal(await held(lead, column), value, `${column} of lead ${lead}`)
      t.equal(await storedValue(server, lead, 'comments'), fields.comments)
    }
    t.not(await storedValue(server, existing.lead, 'source_id'), mark)

    const again = await upsert(upserts)
    t.match(again.summary, { added: 0, updated: 5 })
    const ids = ({ lead_id }: { lead_id: number }) => lead_id
    t.same(again.results.map(ids), results.map(ids))
  })

  await t.test('a lead is added to no list that does not exist', async (t) => {
    const ofNone = { vendor_lead_code: codeOf('NOLIST'), fields, add: { phone_number: phoneOf(505) } }
    const add = { ...upserts.add, list_id: NO_LIST }
    const { results } = await upsert({ on_missing: 'add', add, updates: [ofNone] })
    t.match(results, [{ status: 'failed', error: { code: 'list_not_found', retryable: false } }])
    const query = `?vendor_lead_code=${ofNone.vendor_lead_code}&fields=status`
    t.same((await ask('GET', `/v1/leads${query}`)).body, { leads: [] })
  })

  await t.test('a lead that must be new is added once', async (t) => {
    const number = { list_id: listId, phone_code: '1', phone_number: phoneOf(506) }
    const values = { first_name: 'Ann', last_name: "O'Add", comments: fields.comments }
    const lead = { vendor_lead_code: codeOf('NEW'), source_id: mark, ...number, ...values }
    const { status, body } = await ask('POST', '/v1/leads', lead)
    t.match({ status, body }, { status: 201, body: { status: 'added' } })
    if (body.lead_id !== undefined) added.add(body.lead_id)
    const stored = { ...lead, list_id: String(listId), user: server.user, called_count: '0', gender: '' }
    for (const [column, value] of Object.entries(stored))
      t.equal(await storedValue(server, body.lead_id, column), value, column)
    const again = await ask('POST', '/v1/leads', { ...lead, first_name: 'Bob' })
    const exists = { code: 'lead_exists', results: [{ error: { lead_ids: [body.lead_id] } }] }
    t.match(again, { status: 409, body: exists })
    t.equal(await storedValue(server, body.lead_id, 'first_name'), 'Ann')
  })
}
