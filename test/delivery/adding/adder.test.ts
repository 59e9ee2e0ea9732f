import { test } from 'tap'
import type { Update } from '../../../src/leads/update.ts'
import { changesOf } from '../../../src/leads/changes.ts'
import { settled } from '../../stopped-clock.ts'
import { type HeldCall, heldVicidial } from '../held-vicidial.ts'
import { LONG_MS } from '../../vicidial/upstream.ts'

const params = {
  vendor_lead_code: 'NEW',
  list_id: '101',
  phone_code: '1',
  phone_number: '3125550199',
  rank: '3',
  source_id: 'WEB'
}
const UPSERT: Update = {
  index: 0,
  key: { by: 'vendor_lead_code', value: 'NEW' },
  onMultiple: 'reject',
  changes: changesOf('batch_update_lead', { rank: '3' }, { rank: '3' }, []),
  addition: { params, stored: { status: 'NEW', ...params }, warnings: [] }
}
const NO_LEAD = 'ERROR: lead_search NO MATCHES FOUND IN THE SYSTEM: |api||NEW|\n'
const LIST_FOUND = 'ERROR: batch_update_lead NO MATCHES FOUND IN THE SYSTEM: |api|0\n'
const UPDATED = 'SUCCESS: update_lead LEAD HAS BEEN UPDATED - api|9|1|||\n'

type Held = Awaited<ReturnType<typeof heldVicidial>>

/** Answers what comes before the call that adds the lead. Returns that call. */
async function additionOf({ next }: Held) {
  for (;;) {
    const call = await next()
    if (call.params['insert_if_not_found'] === 'Y') return call
    if (call.params['function'] === 'lead_search') call.answer(NO_LEAD)
    // Otherwise it asks for the list or, by an empty reply, whether VICIdial can find any lead.
    else call.answer(call.params['list_exists_check'] === 'Y' ? LIST_FOUND : '')
  }
}

test('a lead that another program adds after the look-up is updated, with a warning about each value meant for a new one', async (t) => {
  const held = await heldVicidial(t)
  const delivered = held.outcomes([UPSERT])
  const addition = await additionOf(held)
  addition.answer(UPDATED)
  const update = await held.next()
  t.equal(update.text, 'batch_update_lead 9')
  update.answer()
  t.match(await delivered, [
    {
      status: 'updated',
      leads: [9],
      warnings: [
        { field: 'phone_code', code: 'set_on_found', sent: '1', stored: '1' },
        { field: 'source_id', code: 'set_on_found', sent: 'WEB', stored: 'WEB' }
      ]
    }
  ])
})

test('a lead that must be new, and that another program adds after the look-up, was changed but not added', async (t) => {
  const held = await heldVicidial(t)
  const delivered = held.outcomes([{ ...UPSERT, mustBeNew: true }])
  const addition = await additionOf(held)
  addition.answer(UPDATED)
  t.match(await delivered, [
    { status: 'failed', error: { code: 'lead_exists', detail: /has set the fields/, leadIds: [9] } }
  ])
})

test('two requests never add a lead under one key at once: the second changes the lead that the first has added', async (t) => {
  const held = await heldVicidial(t, { maxConcurrency: 4 })
  let isAdded = false
  const additions: HeldCall[] = []
  const answerOthers = async () => {
    for (;;) {
      const call = await held.next()
      if (call.params['insert_if_not_found'] === 'Y') additions.push(call)
      else if (call.params['function'] === 'lead_search') call.answer(isAdded ? 'NEW|1|9\n' : NO_LEAD)
      else if (call.text === 'batch_update_lead 9') call.answer()
      else call.answer(call.params['list_exists_check'] === 'Y' ? LIST_FOUND : '')
    }
  }
  void answerOthers()
  const first = held.outcomes([UPSERT])
  const second = held.outcomes([UPSERT])
  await settled()
  const [addition, ...more] = additions
  t.same(more, [])
  isAdded = true
  addition?.answer('SUCCESS: update_lead LEAD HAS BEEN ADDED - 3125550199|101|9|-5.00|api\n')
  t.match(await first, [{ status: 'added', leads: [9] }])
  t.match(await second, [{ status: 'updated', leads: [9] }])
  t.equal(additions.length, 1)
})

test('an addition that was lost is unknown if its lead cannot be read, and cannot be set', async (t) => {
  const held = await heldVicidial(t)
  const delivered = held.outcomes([UPSERT])
  const addition = await additionOf(held)
  addition.answer('<html>')
  const search = await held.next()
  t.equal(search.params['function'], 'lead_search')
  search.answer('NEW|1|9\n')
  let update = await held.next()
  // Who has added it, which is asked for several times.
  for (; update.params['function'] === 'lead_field_info'; update = await held.next()) update.answer('<html>')
  t.equal(update.text, 'batch_update_lead 9')
  update.answer('ERROR: batch_update_lead USER DOES NOT HAVE PERMISSION TO UPDATE LEADS: |api|\n')
  t.match(await delivered, [{ status: 'unknown', leads: [9] }])
})

test('an addition that was lost, and that opens the circuit, ends with its own error', async (t) => {
  const held = await heldVicidial(t)
  const delivered = held.outcomes([UPSERT])
  const addition = await additionOf(held)
  const fail = () =>
    held.guard.run(
      async () => {},
      () => 'failed',
      Date.now() + LONG_MS
    )
  const failures = [fail(), fail(), fail(), fail()]
  addition.answer('<html>')
  t.match(await delivered, [{ status: 'unknown', isUnsent: undefined, error: { code: 'upstream_error' } }])
  await Promise.all(failures)
})
