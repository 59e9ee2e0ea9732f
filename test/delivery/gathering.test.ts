import { test } from 'tap'
import { TIMED_OUT, type Outcome } from '../../src/delivery/outcome.ts'
import { Problem } from '../../src/errors.ts'
import type { Update } from '../../src/leads/update.ts'
import { settled, stoppedClock } from '../stopped-clock.ts'
import { LONG_MS } from '../vicidial/upstream.ts'
import { heldVicidial } from './held-vicidial.ts'
import { status, statuses, UPDATED, updatedByKey, updates } from './updates.ts'

const batchOf = (count: number, value: string, first = 1): Update[] =>
  updates(Array.from({ length: count }, (_, n) => ({ lead_id: first + n, fields: { status: value } })))

test('on an idle gateway an update is sent at once', async (t) => {
  const { calls, outcomes, texts } = await heldVicidial(t)
  const done = outcomes(status(1, 'A'))
  t.strictSame(texts(), ['batch_update_lead 1 A'], 'before anything else could happen')
  calls[0]?.answer()
  t.strictSame(await done, [UPDATED])
})

test('updates that arrive while no place is free are sent together, whoever sent them', async (t) => {
  const { next, outcomes, texts } = await heldVicidial(t)
  const first = outcomes(status(1, 'A'))
  const call = await next()
  const rest = [
    outcomes(status(2, 'A'), { caller: 'crm' }),
    outcomes(status(3, 'A'), { caller: 'shop' }),
    outcomes(status(4, 'B'), { caller: 'shop' }),
    outcomes([...status(5, 'A'), ...status(6, 'B')], { caller: 'crm' })
  ]
  await settled()
  t.strictSame(texts(), ['batch_update_lead 1 A'])
  call.answer()
  t.strictSame(await first, [UPDATED], 'the first request does not wait for the others')
  const second = await next()
  t.equal(second.text, 'batch_update_lead 2,3,5 A')
  second.answer()
  t.strictSame(await Promise.all(rest.slice(0, 2)), [[UPDATED], [UPDATED]])
  ;(await next()).answer()
  t.strictSame(await Promise.all(rest.slice(2)), [[UPDATED], [UPDATED, UPDATED]])
  t.strictSame(texts().slice(2), ['batch_update_lead 4,6 B'])
})

test('a call takes at most the maximum of leads, in the order in which they came', async (t) => {
  const { next, outcomes, texts, answerAll } = await heldVicidial(t, { maxLeadsPerCall: 3 })
  const first = outcomes(status(1, 'A'))
  await next()
  const rest = [2, 3, 4, 5, 6].map((lead) => outcomes(status(lead, 'B')))
  answerAll()
  await Promise.all([first, ...rest])
  t.strictSame(texts().slice(1), ['batch_update_lead 2,3,4 B', 'batch_update_lead 5,6 B'])
})

test('callers with different sources never share a call, even for the same lead; with the same source they do', async (t) => {
  const { next, calls, outcomes, answerAll } = await heldVicidial(t, { found: { 'CRM-7': [7] } })
  const blocking = outcomes(status(1, 'A'))
  await next()
  const byKey = updates([{ vendor_lead_code: 'CRM-7', fields: { status: 'A' } }])
  const rest = [
    outcomes(status(2, 'A'), { caller: 'one', source: 'crm' }),
    outcomes(status(2, 'A'), { caller: 'two', source: 'shop' }),
    outcomes(status(3, 'A'), { caller: 'three', source: 'crm' }),
    outcomes(byKey, { caller: 'one', source: 'crm' }),
    outcomes(byKey, { caller: 'two', source: 'shop' }),
    outcomes(byKey, { caller: 'three', source: 'crm' })
  ]
  answerAll()
  t.strictSame(await blocking, [UPDATED])
  t.strictSame(
    await Promise.all(rest),
    [UPDATED, UPDATED, UPDATED, updatedByKey(7), updatedByKey(7), updatedByKey(7)].map((one) => [one])
  )
  const sent = calls.slice(1).map(({ text, params }) => `${params['source']}: ${text}`)
  t.strictSame(sent.filter((call) => call.includes('lead_search')).sort(), [
    'crm: lead_search CRM-7',
    'shop: lead_search CRM-7'
  ])
  const leads = (source: string) => {
    const ofSource = sent.filter((call) => call.startsWith(`${source}: batch_update_lead`))
    return [...new Set(ofSource.flatMap((call) => call.split(' ')[2]?.split(',') ?? []))].sort()
  }
  t.strictSame(
    [leads('crm'), leads('shop')],
    [
      ['2', '3', '7'],
      ['2', '7']
    ]
  )
  t.ok(
    sent.some((call) => call.startsWith('crm: batch_update_lead 2,3')),
    'the same source, one call'
  )
})

test('two waiting equal updates of a lead are sent once, and each gets its own outcome', async (t) => {
  const { next, deliver, outcomes, texts, answerAll } = await heldVicidial(t)
  const first = outcomes(status(1, 'A'))
  await next()
  const plain = deliver(updates([{ lead_id: 2, fields: { city: 'New York NY' } }]))
  const cleaned = deliver(updates([{ lead_id: 2, fields: { city: 'New York, NY' } }]), { caller: 'shop' })
  answerAll()
  await first
  const warnings = [
    { field: 'city', code: 'characters_dropped', sent: 'New York, NY', stored: 'New York NY' }
  ] as const
  t.strictSame(await Promise.all([plain, cleaned]), [
    { outcomes: [UPDATED], upstreamCalls: 1 },
    { outcomes: [{ ...UPDATED, warnings }], upstreamCalls: 1 }
  ])
  t.equal(texts().length, 2)
})

test('an update is sent again if the equal one is in flight, or another update is between them', async (t) => {
  const { next, outcomes, texts, answerAll } = await heldVicidial(t)
  const first = outcomes(status(1, 'A'))
  await next()
  const rest = ['A', 'B', 'A', 'A'].map((value) => outcomes(status(1, value)))
  answerAll()
  t.strictSame(await Promise.all([first, ...rest]), Array(5).fill([UPDATED]))
  t.strictSame(
    texts(),
    ['A', 'A', 'B', 'A'].map((value) => `batch_update_lead 1 ${value}`)
  )
})

test('a lead has one call in flight, with its updates in order; other leads do not wait for it', async (t) => {
  const { next, outcomes, texts, answerAll } = await heldVicidial(t, { maxConcurrency: 3 })
  const one = outcomes(status(1, 'A'), { caller: 'a' })
  const two = outcomes(status(1, 'B'), { caller: 'b' })
  const three = outcomes([...status(1, 'C'), ...status(2, 'C')], { caller: 'c' })
  const first = await next()
  const second = await next()
  t.strictSame(texts(), ['batch_update_lead 1 A', 'batch_update_lead 2 C'])
  second.answer()
  await settled()
  t.equal(texts().length, 2)
  first.answer()
  t.strictSame(await one, [UPDATED])
  answerAll()
  t.strictSame(await Promise.all([two, three]), [[UPDATED], [UPDATED, UPDATED]])
  t.strictSame(texts().slice(2), ['batch_update_lead 1 B', 'batch_update_lead 1 C'])
})

test('a call counts for every request that it serves', async (t) => {
  const { next, deliver, answerAll } = await heldVicidial(t, { maxLeadsPerCall: 2, found: { x: [5] } })
  const first = deliver(status(1, 'A'))
  await next()
  const rest = [
    deliver(status(2, 'A')),
    deliver([...status(3, 'A'), ...status(4, 'A')]),
    deliver(updates([{ vendor_lead_code: 'x', fields: { status: 'C' } }]))
  ]
  answerAll()
  const counts = (await Promise.all([first, ...rest])).map(({ upstreamCalls }) => upstreamCalls)
  t.strictSame(counts, [1, 1, 2, 2])
})

test('with a linger, an update waits that long for others to share its call', async (t) => {
  const { pass } = stoppedClock(t)
  const { outcomes, texts, answerAll } = await heldVicidial(t, { lingerMs: 40 })
  const one = outcomes(status(1, 'A'))
  await pass(20)
  t.strictSame(texts(), [])
  const two = outcomes(status(2, 'A'))
  await pass(19)
  t.strictSame(texts(), [])
  await pass(1)
  t.strictSame(texts(), ['batch_update_lead 1,2 A'])
  answerAll()
  t.strictSame(await Promise.all([one, two]), [[UPDATED], [UPDATED]])
})

test('an update whose deadline passes while it waits fails and is never sent', async (t) => {
  const { pass } = stoppedClock(t)
  const { next, outcomes, texts, answerAll, dispatcher } = await heldVicidial(t)
  const first = outcomes(status(1, 'A'))
  await next()
  const late = outcomes(status(2, 'A'), { deadline: Date.now() + 20 })
  const patient = outcomes(status(3, 'A'))
  await pass(20)
  t.strictSame(await late, [TIMED_OUT.unsent])
  answerAll()
  t.strictSame(await Promise.all([first, patient]), [[UPDATED], [UPDATED]])
  t.strictSame(texts().slice(1), ['batch_update_lead 3 A'])
  t.equal(dispatcher.waiting, 0)
})

test('a request whose deadline has already passed is not sent', async (t) => {
  const { outcomes, texts } = await heldVicidial(t, { found: { x: [5] } })
  const byKey = updates([{ vendor_lead_code: 'x', fields: { status: 'C' } }])
  for (const late of [status(1, 'A'), byKey]) {
    t.match(await outcomes(late, { deadline: Date.now() - 1 }), [
      { status: 'failed', error: { code: 'upstream_timeout' } }
    ])
  }
  t.strictSame(texts(), [])
})

test('an update whose deadline passes while its call waits for the rate limit is not sent with the others', async (t) => {
  const { pass } = stoppedClock(t)
  const { calls, outcomes, texts } = await heldVicidial(t, { maxConcurrency: 4, maxCallsPerSecond: 1 })
  // One call was made before, to check the login.
  const first = outcomes(status(1, 'A'))
  const late = outcomes(status(2, 'B'), { deadline: Date.now() + 1_500 })
  const patient = outcomes(status(3, 'B'))
  await pass(1_000)
  t.strictSame(texts(), ['batch_update_lead 1 A'])
  calls[0]?.answer()
  await first
  await pass(500)
  t.match(await late, [{ status: 'failed', error: { code: 'upstream_timeout' } }])
  await pass(500)
  t.strictSame(texts().slice(1), ['batch_update_lead 3 B'])
  calls[1]?.answer()
  t.strictSame(await patient, [UPDATED])
})

test('updates that are unsent when their client goes away are never sent, and block no others', async (t) => {
  const { next, outcomes, texts, answerAll, dispatcher } = await heldVicidial(t)
  const client = new AbortController()
  const first = outcomes(status(1, 'A'))
  await next()
  const abandoned = outcomes([...status(2, 'A'), ...status(3, 'A'), ...status(1, 'B')], {
    signal: client.signal
  })
  const shared = outcomes(status(3, 'A'))
  const after = outcomes([...status(1, 'C'), ...status(2, 'C')])
  client.abort()
  t.strictSame(
    (await abandoned).map((outcome) => outcome.status),
    ['failed', 'failed', 'failed']
  )
  answerAll()
  t.strictSame(await Promise.all([first, shared, after]), [[UPDATED], [UPDATED], [UPDATED, UPDATED]])
  t.strictSame(texts().slice(1), ['batch_update_lead 3 A', 'batch_update_lead 2,1 C'])
  t.equal(dispatcher.waiting, 0)
})

test('updates are not sent if the client has already gone away', async (t) => {
  const { outcomes, texts, answerAll } = await heldVicidial(t)
  answerAll()
  await outcomes(status(1, 'A'), { signal: AbortSignal.abort() })
  t.strictSame(texts(), [])
})

test('updates whose client goes away while their call waits for the rate limit are not sent', async (t) => {
  const { pass } = stoppedClock(t)
  const { outcomes, texts, answerAll } = await heldVicidial(t, { maxConcurrency: 4, maxCallsPerSecond: 1 })
  answerAll()
  const client = new AbortController()
  const abandoned = outcomes(status(1, 'A'), { signal: client.signal })
  await settled()
  client.abort()
  t.equal((await abandoned)[0]?.status, 'failed')
  const patient = outcomes(status(2, 'B'))
  await pass(2_000, 1_000)
  t.strictSame(await patient, [UPDATED])
  t.strictSame(texts(), ['batch_update_lead 2 B'])
})

test('a client that goes away during a call changes nothing for the others in it, and still gets an outcome', async (t) => {
  const { next, outcomes, answerAll } = await heldVicidial(t)
  const first = outcomes(status(1, 'A'))
  const client = new AbortController()
  const blocking = await next()
  const abandoned = outcomes(status(2, 'A'), { signal: client.signal })
  const other = outcomes(status(3, 'A'))
  blocking.answer()
  t.equal((await next()).text, 'batch_update_lead 2,3 A')
  client.abort()
  await settled()
  answerAll()
  t.strictSame(await Promise.all([first, abandoned, other]), [[UPDATED], [UPDATED], [UPDATED]])
})

test('an outcome lists its leads, even if the client went away', async (t) => {
  const { next, outcomes } = await heldVicidial(t, { found: { x: [5, 4] } })
  const byKey = updates([{ vendor_lead_code: 'x', on_multiple: 'all', fields: { status: 'A' } }])
  const client = new AbortController()
  const sent = outcomes(byKey, { signal: client.signal })
  ;(await next()).answer()
  const call = await next()
  t.equal(call.text, 'batch_update_lead 5,4 A')
  const waiting = outcomes(status(6, 'A'), { signal: client.signal })
  client.abort()
  t.strictSame(statuses(await waiting), ['failed upstream_timeout'])
  call.answer()
  t.strictSame(statuses(await sent), ['updated [5,4]'])
})

test('each outcome is reported as soon as it is known, with the calls so far', async (t) => {
  const { next, deliver } = await heldVicidial(t, { maxConcurrency: 2, found: { x: [5] } })
  const reported: unknown[] = []
  const onOutcome = (index: number, outcome: Outcome, calls: number) => {
    reported.push([index, outcome.status, calls])
  }
  const [byKey] = updates([{ vendor_lead_code: 'x', fields: { status: 'C' } }])
  if (byKey === undefined) throw new Error('no update')
  const done = deliver([...status(1, 'A'), ...status(2, 'B'), byKey], { onOutcome })
  ;(await next()).answer()
  const [first, second] = [await next(), await next()]
  t.strictSame([first.text, second.text], ['batch_update_lead 1 A', 'batch_update_lead 2 B'])
  second.answer()
  const third = await next()
  t.strictSame(reported, [[1, 'updated', 3]])
  third.answer()
  await settled()
  first.answer()
  t.strictSame((await done).upstreamCalls, 4)
  t.strictSame(reported, [
    [1, 'updated', 3],
    [2, 'updated', 4],
    [0, 'updated', 4]
  ])
})

test('an outcome tells whether anything was sent for the update', async (t) => {
  const { pass } = stoppedClock(t)
  const { next, outcomes } = await heldVicidial(t, { maxConcurrency: 2 })
  const byKey = (value: string) => updates([{ vendor_lead_code: value, fields: { status: 'A' } }])
  const soon = { deadline: Date.now() + 40 }
  const sent = outcomes([...status(1, 'A'), ...status(1, 'B')], soon)
  const searched = outcomes(byKey('x'), soon)
  await next()
  t.equal((await next()).text, 'lead_search x')
  const waiting = outcomes(status(3, 'C'), soon)
  const notSearched = outcomes(byKey('0123'), soon)
  await pass(40)
  const all = (await Promise.all([sent, searched, waiting, notSearched])).flat()
  t.strictSame(
    all.map((outcome) => [outcome.status, outcome.isUnsent]),
    [
      ['unknown', undefined],
      ['failed', true],
      ['failed', undefined],
      ['failed', true],
      ['failed', true]
    ]
  )
})

test('updates that wait behind one with an unknown outcome fail, and a later one is sent', async (t) => {
  stoppedClock(t)
  const { next, outcomes, texts } = await heldVicidial(t)
  // The shortest pause before a repeat is 50 ms.
  const lost = outcomes(status(1, 'A'), { deadline: Date.now() + 45 })
  const call = await next()
  const blocked = outcomes([...status(1, 'B'), ...status(2, 'B')])
  call.lose()
  ;(await next()).answer()
  t.strictSame(
    (await Promise.all([lost, blocked])).flat().map(({ status }) => status),
    ['unknown', 'failed', 'updated']
  )
  const later = outcomes(status(1, 'C'))
  ;(await next()).answer()
  t.strictSame(await later, [UPDATED])
  t.strictSame(
    texts(),
    ['1 A', '2 B', '1 C'].map((text) => `batch_update_lead ${text}`)
  )
})

test('a request that has no room is refused as a whole at once, with the time to wait', async (t) => {
  const { next, outcomes, texts, answerAll, dispatcher } = await heldVicidial(t, { maxWaiting: 4 })
  const first = outcomes(status(1, 'A'))
  await next()
  const waiting = outcomes(batchOf(2, 'A', 2))
  const refused = await outcomes(batchOf(2, 'B', 4)).catch((error: unknown) => error)
  t.ok(refused instanceof Problem)
  t.match(refused, {
    code: 'overloaded',
    message: '3 updates are waiting for VICIdial; there is no room for more.'
  })
  const retryAfterSeconds = Number((refused as Problem).headers['retry-after'])
  t.ok(Number.isInteger(retryAfterSeconds) && retryAfterSeconds >= 1 && retryAfterSeconds <= 60)
  t.equal(dispatcher.waiting, 3)
  const fits = outcomes(status(6, 'C'))
  answerAll()
  await Promise.all([first, waiting, fits])
  t.equal(dispatcher.waiting, 0)
  t.notOk(texts().some((text) => text.endsWith(' B')))
  t.strictSame(
    await outcomes(batchOf(4, 'D', 1)),
    [UPDATED, UPDATED, UPDATED, UPDATED],
    'there is room again'
  )
})

test('a batch that is larger than the limit is admitted if nothing else waits', async (t) => {
  const { outcomes, answerAll } = await heldVicidial(t, { maxWaiting: 4 })
  answerAll()
  t.strictSame(await outcomes(batchOf(9, 'A')), Array(9).fill(UPDATED))
})

test('so is one that names its leads by keys', async (t) => {
  const { outcomes, answerAll } = await heldVicidial(t, {
    maxWaiting: 2,
    found: { x: [5], y: [6], z: [8, 7] }
  })
  answerAll()
  const elements = ['x', 'y', 'z'].map((vendor_lead_code) => ({ vendor_lead_code, fields: { status: 'A' } }))
  t.strictSame(
    await outcomes(updates(elements, { on_multiple: 'newest' })),
    [5, 6, 8].map((lead) => updatedByKey(lead))
  )
})

test('an update whose key matches more leads than there is room for fails, and nothing is sent for it', async (t) => {
  const { outcomes, texts, answerAll, dispatcher } = await heldVicidial(t, {
    maxWaiting: 4,
    found: { many: [1, 2, 3, 4, 5], some: [6, 7, 8, 9] }
  })
  answerAll()
  const all = (vendor_lead_code: string) =>
    updates([{ vendor_lead_code, on_multiple: 'all', fields: { status: 'A' } }])
  t.match(await outcomes(all('many')), [{ status: 'failed', error: { code: 'overloaded', retryable: true } }])
  t.strictSame(statuses(await outcomes(all('some'))), ['updated [6,7,8,9]'])
  t.strictSame(texts(), ['lead_search many', 'lead_search some', 'batch_update_lead 6,7,8,9 A'])
  t.equal(dispatcher.waiting, 0)
})

test('changes that take too much memory are refused, however few the updates', async (t) => {
  const { next, outcomes, dispatcher } = await heldVicidial(t)
  const answering = async (count: number) => {
    for (let n = 0; n < count; n++) (await next()).answer()
  }
  const first = outcomes(status(1, 'A'))
  const comments = (n: number) => `${n} ${'x'.repeat(1024 * 1024)}`
  const large = (count: number): Update[] =>
    Array.from({ length: count }, (_, n) => {
      const [update] = status(n + 2, 'A')
      if (update === undefined) throw new Error('no update')
      const key = `batch_update_lead\0comments=${comments(n)}`
      return { ...update, changes: { ...update.changes, key } }
    })
  const taken = outcomes(large(40))
  await t.rejects(outcomes(large(40)), { code: 'overloaded' })
  t.equal(dispatcher.waiting, 41)
  void answering(41)
  await Promise.all([first, taken])
  const again = outcomes(status(1, 'B'))
  const fits = outcomes(large(40))
  t.equal(dispatcher.waiting, 41, 'there is room again')
  void answering(41)
  await Promise.all([again, fits])
})

test('a large batch with one set of changes takes little memory, and leaves room for others', async (t) => {
  const { next, outcomes, answerAll } = await heldVicidial(t)
  const [update] = status(1, 'A')
  if (update === undefined) throw new Error('no update')
  const changes = { ...update.changes, key: `batch_update_lead\0comments=${'x'.repeat(7_000)}` }
  const batch = Array.from({ length: 10_000 }, (_, n): Update => {
    return { ...update, key: { by: 'lead_id', value: n + 1 }, changes }
  })
  const first = outcomes(batch)
  await next()
  const second = outcomes(status(20_000, 'A'))
  answerAll()
  t.strictSame(await second, [UPDATED])
  await first
})

test('searches that wait are gathered, each key once, and shared', async (t) => {
  const { next, outcomes, texts, answerAll } = await heldVicidial(t, { found: { x: [5], y: [6] } })
  const first = outcomes(status(1, 'A'))
  await next()
  const byKey = (key: string) => updates([{ vendor_lead_code: key, fields: { status: key } }])
  const rest = [
    outcomes(byKey('x'), { caller: 'a' }),
    outcomes([...byKey('y'), ...byKey('x')], { caller: 'b' }),
    outcomes(byKey('none'), { caller: 'c' })
  ]
  answerAll()
  t.strictSame(statuses((await Promise.all([first, ...rest])).flat()), [
    'updated',
    'updated [5]',
    'updated [6]',
    'updated [5]',
    'not_found lead_not_found'
  ])
  t.strictSame(
    texts().filter((text) => text.startsWith('lead_search')),
    ['lead_search x,y,none']
  )
})

test('a request that joins a search in flight is not bound to the deadline of the first', async (t) => {
  const { pass } = stoppedClock(t)
  const { next, outcomes } = await heldVicidial(t, { found: { x: [5] }, maxConcurrency: 2 })
  const byKey = updates([{ vendor_lead_code: 'x', fields: { status: 'A' } }])
  const hasty = outcomes(byKey, { deadline: Date.now() + 40 })
  await next()
  const patient = outcomes(byKey)
  await pass(40)
  t.match(await hasty, [{ status: 'failed', error: { code: 'upstream_timeout' } }])
  const answering = (async () => {
    for (;;) (await next()).answer()
  })()
  t.strictSame(await patient, [updatedByKey(5)])
  void answering
})

test('requests that name the same key take effect in the order in which they came', async (t) => {
  const { next, outcomes, texts, answerAll } = await heldVicidial(t, {
    maxConcurrency: 3,
    found: { x: [5], '2125550001': [6] }
  })
  const slow = outcomes([
    ...updates([{ phone_number: '2125550001', fields: { status: 'A' } }]),
    ...updates([{ vendor_lead_code: 'x', fields: { status: 'A' } }])
  ])
  const searches = [await next(), await next()]
  const fast = outcomes(updates([{ vendor_lead_code: 'x', fields: { status: 'B' } }]))
  searches.find(({ text }) => text === 'lead_search x')?.answer()
  await settled()
  t.equal(texts().length, 2, 'the second waits for the first to know its leads')
  answerAll()
  t.strictSame(await Promise.all([slow, fast]), [[updatedByKey(6), updatedByKey(5)], [updatedByKey(5)]])
  t.strictSame(
    texts().filter((text) => text.includes('batch_update_lead') && text.includes('5')),
    ['batch_update_lead 6,5 A', 'batch_update_lead 5 B']
  )
})

test('a request that gives up lets no later one overtake an earlier one', async (t) => {
  const { next, outcomes, texts, answerAll } = await heldVicidial(t, {
    maxConcurrency: 3,
    found: { x: [5], '2125550001': [6] }
  })
  const byCode = (value: string) => updates([{ vendor_lead_code: 'x', fields: { status: value } }])
  const slow = outcomes([
    ...updates([{ phone_number: '2125550001', fields: { status: 'A' } }]),
    ...byCode('A')
  ])
  const searches = [await next(), await next()]
  const client = new AbortController()
  const abandoned = outcomes(byCode('B'), { signal: client.signal })
  const last = outcomes(byCode('C'))
  client.abort()
  await abandoned
  searches.find(({ text }) => text === 'lead_search x')?.answer()
  await settled()
  answerAll()
  t.strictSame(await Promise.all([slow, last]), [[updatedByKey(6), updatedByKey(5)], [updatedByKey(5)]])
  t.strictSame(
    texts().filter((text) => text.includes('batch_update_lead') && text.includes('5')),
    ['batch_update_lead 6,5 A', 'batch_update_lead 5 C']
  )
})

test('a lead of another caller does not wait for all of a batch of 10,000 leads', async (t) => {
  const { next, outcomes, texts, answerAll } = await heldVicidial(t, { maxLeadsPerCall: 100 })
  const batch = outcomes(batchOf(10_000, 'A'), { caller: 'crm' })
  ;(await next()).answer()
  ;(await next()).answer()
  const lone = outcomes(status(20_000, 'B'), { caller: 'shop' })
  await next()
  answerAll()
  t.strictSame(await lone, [UPDATED])
  t.ok(
    texts().indexOf('batch_update_lead 20000 B') <= 4,
    `call ${texts().indexOf('batch_update_lead 20000 B')}`
  )
  await batch
  t.equal(texts().length, 101)
})

test('nor does a lead of another request of the same caller', async (t) => {
  const { next, outcomes, texts, answerAll } = await heldVicidial(t, { maxLeadsPerCall: 100 })
  const batch = outcomes(batchOf(10_000, 'A'))
  await next()
  const lone = outcomes(status(20_000, 'B'))
  answerAll()
  t.strictSame(await lone, [UPDATED])
  t.ok(texts().indexOf('batch_update_lead 20000 B') <= 3)
  await batch
})

test('updates and searches of other callers do not wait for many requests of one caller', async (t) => {
  const { next, outcomes, texts, answerAll } = await heldVicidial(t, { found: { x: [5] } })
  const many = Array.from({ length: 500 }, (_, n) =>
    outcomes(updates([{ lead_id: n + 1, fields: { comments: `note ${n}` } }]), { caller: 'crm' })
  )
  many.push(
    ...Array.from({ length: 500 }, (_, n) =>
      outcomes(updates([{ vendor_lead_code: `1e${n}`, fields: { status: 'A' } }]), { caller: 'crm' })
    )
  )
  await next()
  const byId = outcomes(status(20_000, 'B'), { caller: 'shop' })
  const byKey = outcomes(updates([{ vendor_lead_code: 'x', fields: { status: 'C' } }]), { caller: 'web' })
  answerAll()
  await Promise.all([byId, byKey])
  const positions = ['batch_update_lead 20000 B', 'lead_search x', 'batch_update_lead 5 C'].map((text) =>
    texts().indexOf(text)
  )
  t.ok(
    positions.every((position) => position > 0 && position < 20),
    `${positions}`
  )
  await Promise.all(many)
})

test('while VICIdial may not be called, updates fail at once', async (t) => {
  const { next, outcomes, guard, texts, dispatcher } = await heldVicidial(t, { found: { x: [5] } })
  const first = outcomes(status(1, 'A'))
  const call = await next()
  const rest = [
    outcomes([...status(1, 'B'), ...status(2, 'B'), ...status(1, 'C')]),
    outcomes(updates([{ vendor_lead_code: 'x', fields: { status: 'C' } }]))
  ]
  call.answer('ERROR: Login incorrect, please try again: |api|s3cret|BAD|\n')
  const refused = (await Promise.all([first, ...rest])).flat()
  t.strictSame(
    refused.map(({ isUnsent }) => isUnsent),
    [undefined, true, true, true, true]
  )
  t.strictSame(statuses(refused), [
    'failed upstream_login_failed',
    'failed upstream_login_failed',
    'failed upstream_login_failed',
    'failed upstream_login_failed',
    'failed upstream_login_failed'
  ])
  t.strictSame(statuses(await outcomes(status(3, 'A'))), ['failed upstream_login_failed'])
  t.equal(texts().length, 1)
  t.equal(dispatcher.waiting, 0)
  await guard.run(
    async () => {},
    () => 'good',
    Date.now() + LONG_MS
  )
})

test('when all requests have ended, however they did, nothing waits and the next update is sent at once', async (t) => {
  const { pass } = stoppedClock(t)
  const { next, outcomes, texts, calls, answerAll, dispatcher } = await heldVicidial(t, {
    maxConcurrency: 2,
    found: { x: [5], y: [5, 6] }
  })
  const client = new AbortController()
  const soon = () => Date.now() + 30
  const requests = [
    outcomes([...status(1, 'A'), ...status(1, 'B'), ...status(5, 'B')]),
    outcomes(updates([{ vendor_lead_code: 'x', fields: { status: 'C' } }])),
    outcomes(updates([{ vendor_lead_code: 'y', fields: { status: 'C' } }])),
    outcomes(updates([{ vendor_lead_code: 'none', fields: { status: 'C' } }])),
    outcomes(updates([{ vendor_lead_code: 'y', on_multiple: 'all', fields: { status: 'D' } }])),
    outcomes([...status(1, 'C'), ...status(2, 'C')], { deadline: soon() }),
    outcomes([...status(1, 'D'), ...status(2, 'D')], { signal: client.signal }),
    outcomes([...status(1, 'C'), ...status(2, 'C')], { deadline: soon() }),
    outcomes([])
  ]
  await next()
  client.abort()
  await pass(30)
  await Promise.all(requests.slice(5))
  answerAll()
  await Promise.all(requests)
  t.equal(dispatcher.waiting, 0)
  const before = calls.length
  const again = [1, 2, 5, 6].map((lead) => outcomes(status(lead, 'Z')))
  t.strictSame(
    await Promise.all(again),
    [1, 2, 5, 6].map(() => [UPDATED])
  )
  t.ok(texts().slice(before).length <= 4)
})

test('very many updates that the build would lose are each refused for that, and none is sent', async (t) => {
  const { outcomes, texts } = await heldVicidial(t, { build: '220126-2116' })
  const elements = Array.from({ length: 10_000 }, (_, n) => ({
    lead_id: n + 1,
    fields: { country_code: 'usa', rank: n }
  }))
  const ended = new Set(statuses(await outcomes(updates(elements))))
  t.strictSame([...ended], ['failed characters_lost'])
  t.strictSame(texts(), [])
})
