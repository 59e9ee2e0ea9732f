import { mock } from 'node:test'
import { test } from 'tap'
import { OverloadedError } from '../../src/delivery/overloaded-error.ts'
import type { Outcome } from '../../src/delivery/outcome.ts'
import type { Update } from '../../src/leads/update.ts'
import type { Tester } from '../helper.ts'
import { heldVicidial, LONG_MS, settled } from './held-vicidial.ts'
import { status, statuses, UPDATED, updatedByKey, updates } from './updates.ts'

/** Stops the clock; what is returned moves it on, and lets what was due be done. */
function stoppedClock(t: Tester) {
  mock.timers.enable({ apis: ['setTimeout', 'Date'], now: Date.now() })
  t.teardown(() => {
    mock.timers.reset()
  })
  return async (ms: number, step = ms) => {
    await settled()
    for (let passed = 0; passed < ms; passed += step) {
      mock.timers.tick(step)
      await settled()
    }
  }
}

const batchOf = (count: number, value: string, first = 1): Update[] =>
  updates(Array.from({ length: count }, (_, n) => ({ lead_id: first + n, fields: { status: value } })))

test('on an idle gateway an update goes out at once', async (t) => {
  const { calls, outcomes, texts } = await heldVicidial(t)
  const done = outcomes(status(1, 'A'))
  t.strictSame(texts(), ['batch_update_lead 1 A'], 'before anything else could happen')
  calls[0]?.answer()
  t.strictSame(await done, [UPDATED])
})

test('what arrives while no place is free goes out together, whoever sent it', async (t) => {
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

test('a call takes no more leads than are allowed, in the order in which they came', async (t) => {
  const { next, outcomes, texts, answerAll } = await heldVicidial(t, { maxLeadsPerCall: 3 })
  const first = outcomes(status(1, 'A'))
  await next()
  const rest = [2, 3, 4, 5, 6].map((lead) => outcomes(status(lead, 'B')))
  answerAll()
  await Promise.all([first, ...rest])
  t.strictSame(texts().slice(1), ['batch_update_lead 2,3,4 B', 'batch_update_lead 5,6 B'])
})

test('callers of different source never share a call, not even for the same lead; of the same they do', async (t) => {
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

test('an update that equals one under way, or one with another between, is sent again', async (t) => {
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

test('a lead has one call in flight, its updates in order; other leads do not wait for it', async (t) => {
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

test('a call counts for every request that had a part in it', async (t) => {
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

test('with a linger an update waits so long for company, and no longer', async (t) => {
  const { next, outcomes, texts, answerAll } = await heldVicidial(t, { lingerMs: 40 })
  const started = performance.now()
  const one = outcomes(status(1, 'A'))
  await settled()
  const two = outcomes(status(2, 'A'))
  t.strictSame(texts(), [])
  t.equal((await next()).text, 'batch_update_lead 1,2 A')
  const ms = performance.now() - started
  t.ok(ms > 35 && ms < 5_000, `${ms} ms`)
  answerAll()
  t.strictSame(await Promise.all([one, two]), [[UPDATED], [UPDATED]])
})

test('an update whose deadline passes while it waits has failed, and is never sent', async (t) => {
  const { next, outcomes, texts, answerAll, dispatcher } = await heldVicidial(t)
  const first = outcomes(status(1, 'A'))
  await next()
  const late = outcomes(status(2, 'A'), { deadline: Date.now() + 20 })
  const patient = outcomes(status(3, 'A'))
  t.match(await late, [
    { status: 'failed', warnings: [], error: { code: 'upstream_timeout', retryable: true } }
  ])
  answerAll()
  t.strictSame(await Promise.all([first, patient]), [[UPDATED], [UPDATED]])
  t.strictSame(texts().slice(1), ['batch_update_lead 3 A'])
  t.equal(dispatcher.waiting, 0)
})

test('a request whose deadline has passed already is not sent', async (t) => {
  const { outcomes, texts } = await heldVicidial(t, { found: { x: [5] } })
  const byKey = updates([{ vendor_lead_code: 'x', fields: { status: 'C' } }])
  for (const late of [status(1, 'A'), byKey]) {
    t.match(await outcomes(late, { deadline: Date.now() - 1 }), [
      { status: 'failed', error: { code: 'upstream_timeout' } }
    ])
  }
  t.strictSame(texts(), [])
})

test('what fails at its deadline while its call waits for its second is not sent with the others', async (t) => {
  const pass = stoppedClock(t)
  const { calls, outcomes, texts } = await heldVicidial(t, { maxConcurrency: 4, maxCallsPerSecond: 1 })
  // One call was made to know the login.
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

test('what is not sent when its client goes away is not sent at all, and holds nobody up', async (t) => {
  const { next, outcomes, texts, answerAll, dispatcher } = await heldVicidial(t)
  const leaving = new AbortController()
  const first = outcomes(status(1, 'A'))
  await next()
  const gone = outcomes([...status(2, 'A'), ...status(3, 'A'), ...status(1, 'B')], { signal: leaving.signal })
  const shared = outcomes(status(3, 'A'))
  const after = outcomes([...status(1, 'C'), ...status(2, 'C')])
  leaving.abort()
  t.strictSame(
    (await gone).map((outcome) => outcome.status),
    ['failed', 'failed', 'failed']
  )
  answerAll()
  t.strictSame(await Promise.all([first, shared, after]), [[UPDATED], [UPDATED], [UPDATED, UPDATED]])
  t.strictSame(texts().slice(1), ['batch_update_lead 3 A', 'batch_update_lead 2,1 C'])
  t.equal(dispatcher.waiting, 0)
})

test('a client that went away before its updates were taken gets nothing sent', async (t) => {
  const { outcomes, texts, answerAll } = await heldVicidial(t)
  answerAll()
  await outcomes(status(1, 'A'), { signal: AbortSignal.abort() })
  t.strictSame(texts(), [])
})

test('what fails because its client went away while its call waits for its second is not sent', async (t) => {
  const pass = stoppedClock(t)
  const { outcomes, texts, answerAll } = await heldVicidial(t, { maxConcurrency: 4, maxCallsPerSecond: 1 })
  answerAll()
  const leaving = new AbortController()
  const gone = outcomes(status(1, 'A'), { signal: leaving.signal })
  await settled()
  leaving.abort()
  t.equal((await gone)[0]?.status, 'failed')
  const patient = outcomes(status(2, 'B'))
  await pass(2_000, 1_000)
  t.strictSame(await patient, [UPDATED])
  t.strictSame(texts(), ['batch_update_lead 2 B'])
})

test('a client that goes away while its call is under way disturbs no other of the call, and its end is still told', async (t) => {
  const { next, outcomes, answerAll } = await heldVicidial(t)
  const first = outcomes(status(1, 'A'))
  const leaving = new AbortController()
  const blocking = await next()
  const gone = outcomes(status(2, 'A'), { signal: leaving.signal })
  const other = outcomes(status(3, 'A'))
  blocking.answer()
  t.equal((await next()).text, 'batch_update_lead 2,3 A')
  leaving.abort()
  await settled()
  answerAll()
  t.strictSame(await Promise.all([first, gone, other]), [[UPDATED], [UPDATED], [UPDATED]])
})

test('an outcome names its leads, also if its client went away', async (t) => {
  const { next, outcomes } = await heldVicidial(t, { found: { x: [5, 4] } })
  const byKey = updates([{ vendor_lead_code: 'x', on_multiple: 'all', fields: { status: 'A' } }])
  const leaving = new AbortController()
  const sent = outcomes(byKey, { signal: leaving.signal })
  ;(await next()).answer()
  const call = await next()
  t.equal(call.text, 'batch_update_lead 5,4 A')
  const waiting = outcomes(status(6, 'A'), { signal: leaving.signal })
  leaving.abort()
  t.strictSame(statuses(await waiting), ['failed upstream_timeout'])
  call.answer()
  t.strictSame(statuses(await sent), ['updated [5,4]'])
})

test('each outcome is told as soon as it is known, with the calls so far', async (t) => {
  const { next, deliver } = await heldVicidial(t, { maxConcurrency: 2, found: { x: [5] } })
  const told: unknown[] = []
  const onOutcome = (place: number, outcome: Outcome, calls: number) => {
    told.push([place, outcome.status, calls])
  }
  const [byKey] = updates([{ vendor_lead_code: 'x', fields: { status: 'C' } }])
  if (byKey === undefined) throw new Error('no update')
  const done = deliver([...status(1, 'A'), ...status(2, 'B'), byKey], { onOutcome })
  ;(await next()).answer()
  const [first, second] = [await next(), await next()]
  t.strictSame([first.text, second.text], ['batch_update_lead 1 A', 'batch_update_lead 2 B'])
  second.answer()
  const third = await next()
  t.strictSame(told, [[1, 'updated', 3]])
  third.answer()
  await settled()
  first.answer()
  t.strictSame((await done).upstreamCalls, 4)
  t.strictSame(told, [
    [1, 'updated', 3],
    [2, 'updated', 4],
    [0, 'updated', 4]
  ])
})

test('an outcome says whether anything was sent for the update', async (t) => {
  const { next, outcomes } = await heldVicidial(t, { maxConcurrency: 2 })
  const byKey = (value: string) => updates([{ vendor_lead_code: value, fields: { status: 'A' } }])
  const soon = { deadline: Date.now() + 40 }
  const sent = outcomes([...status(1, 'A'), ...status(1, 'B')], soon)
  const lookedUp = outcomes(byKey('x'), soon)
  await next()
  t.equal((await next()).text, 'lead_search x')
  const waiting = outcomes(status(3, 'C'), soon)
  const notLookedUp = outcomes(byKey('0123'), soon)
  const all = (await Promise.all([sent, lookedUp, waiting, notLookedUp])).flat()
  t.strictSame(
    all.map(({ status: became, isUnsent }) => [became, isUnsent]),
    [
      ['unknown', undefined],
      ['failed', true],
      ['failed', undefined],
      ['failed', true],
      ['failed', true]
    ]
  )
})

test('after an update whose fate is not known those that wait behind it fail, and a later one is sent', async (t) => {
  const { next, outcomes, texts } = await heldVicidial(t)
  // The shortest pause before a repeat is 50 ms.
  const lost = outcomes(status(1, 'A'), { deadline: Date.now() + 45 })
  const call = await next()
  const behind = outcomes([...status(1, 'B'), ...status(2, 'B')])
  call.lose()
  ;(await next()).answer()
  t.strictSame(
    (await Promise.all([lost, behind])).flat().map(({ status }) => status),
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

test('more than may wait is refused at once, with the time to wait, and nothing of it is taken', async (t) => {
  const { next, outcomes, texts, answerAll, dispatcher } = await heldVicidial(t, { maxWaiting: 4 })
  const first = outcomes(status(1, 'A'))
  await next()
  const waiting = outcomes(batchOf(2, 'A', 2))
  const refused = await outcomes(batchOf(2, 'B', 4)).catch((error: unknown) => error)
  t.ok(refused instanceof OverloadedError)
  t.match(refused, { message: '3 updates are waiting for VICIdial; there is no room for more.' })
  const { retryAfterSeconds } = refused as OverloadedError
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

test('a batch larger than all that may wait is taken if nothing else waits', async (t) => {
  const { outcomes, answerAll } = await heldVicidial(t, { maxWaiting: 4 })
  answerAll()
  t.strictSame(await outcomes(batchOf(9, 'A')), Array(9).fill(UPDATED))
})

test('such a batch is taken too if it names its leads by keys', async (t) => {
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

test('a key that matches more leads than may wait is refused, and nothing is sent for it', async (t) => {
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

test('values that take too much memory are refused, however few the updates', async (t) => {
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
  await t.rejects(outcomes(large(40)), OverloadedError)
  t.equal(dispatcher.waiting, 41)
  void answering(41)
  await Promise.all([first, taken])
  const again = outcomes(status(1, 'B'))
  const fits = outcomes(large(40))
  t.equal(dispatcher.waiting, 41, 'there is room again')
  void answering(41)
  await Promise.all([again, fits])
})

test('a large batch with one set of changes takes little memory, and keeps nobody out', async (t) => {
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

test('look-ups that wait are gathered, each key once, and shared', async (t) => {
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

test('who joins a look-up under way is not bound to the time of the one who began it', async (t) => {
  const { next, outcomes } = await heldVicidial(t, { found: { x: [5] }, maxConcurrency: 2 })
  const byKey = updates([{ vendor_lead_code: 'x', fields: { status: 'A' } }])
  const hasty = outcomes(byKey, { deadline: Date.now() + 40 })
  await next()
  const patient = outcomes(byKey)
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

test('a request that gives up lets none that came later overtake one that came before', async (t) => {
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
  const leaving = new AbortController()
  const gone = outcomes(byCode('B'), { signal: leaving.signal })
  const last = outcomes(byCode('C'))
  leaving.abort()
  await gone
  searches.find(({ text }) => text === 'lead_search x')?.answer()
  await settled()
  answerAll()
  t.strictSame(await Promise.all([slow, last]), [[updatedByKey(6), updatedByKey(5)], [updatedByKey(5)]])
  t.strictSame(
    texts().filter((text) => text.includes('batch_update_lead') && text.includes('5')),
    ['batch_update_lead 6,5 A', 'batch_update_lead 5 C']
  )
})

test('a batch of 10,000 leads does not make the lead of another caller wait for all of it', async (t) => {
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

test('nor that of another request of the same caller', async (t) => {
  const { next, outcomes, texts, answerAll } = await heldVicidial(t, { maxLeadsPerCall: 100 })
  const batch = outcomes(batchOf(10_000, 'A'))
  await next()
  const lone = outcomes(status(20_000, 'B'))
  answerAll()
  t.strictSame(await lone, [UPDATED])
  t.ok(texts().indexOf('batch_update_lead 20000 B') <= 3)
  await batch
})

test('nor many requests of one caller, each with changes of its own; look-ups neither', async (t) => {
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
  const places = ['batch_update_lead 20000 B', 'lead_search x', 'batch_update_lead 5 C'].map((text) =>
    texts().indexOf(text)
  )
  t.ok(
    places.every((place) => place > 0 && place < 20),
    `${places}`
  )
  await Promise.all(many)
})

test('what is refused while VICIdial may not be called is refused at once, and what comes later is sent', async (t) => {
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

test('when everything is done nothing waits, whatever became of it, and the next update goes out at once', async (t) => {
  const { next, outcomes, texts, calls, answerAll, dispatcher } = await heldVicidial(t, {
    maxConcurrency: 2,
    found: { x: [5], y: [5, 6] }
  })
  const leaving = new AbortController()
  const soon = () => Date.now() + 30
  const requests = [
    outcomes([...status(1, 'A'), ...status(1, 'B'), ...status(5, 'B')]),
    outcomes(updates([{ vendor_lead_code: 'x', fields: { status: 'C' } }])),
    outcomes(updates([{ vendor_lead_code: 'y', fields: { status: 'C' } }])),
    outcomes(updates([{ vendor_lead_code: 'none', fields: { status: 'C' } }])),
    outcomes(updates([{ vendor_lead_code: 'y', on_multiple: 'all', fields: { status: 'D' } }])),
    outcomes([...status(1, 'C'), ...status(2, 'C')], { deadline: soon() }),
    outcomes([...status(1, 'D'), ...status(2, 'D')], { signal: leaving.signal }),
    outcomes([...status(1, 'C'), ...status(2, 'C')], { deadline: soon() }),
    outcomes([])
  ]
  await next()
  leaving.abort()
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
