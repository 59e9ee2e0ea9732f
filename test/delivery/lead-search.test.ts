import { setImmediate as turn } from 'node:timers/promises'
import fc from 'fast-check'
import { test } from 'tap'
import { Delivery } from '../../src/delivery/delivery.ts'
import { planLookUps, type SearchKey } from '../../src/delivery/lead-search.ts'
import { keyName } from '../../src/leads/lead-key.ts'
import { SearchQueue } from '../../src/delivery/search-queue.ts'
import { looseKey } from '../../src/tools/sandbox/api/lead-search.ts'
import type { CallContext, Exchange } from '../../src/vicidial/exchange.ts'

function codes(...values: string[]): SearchKey[] {
  return values.map((value) => ({ by: 'vendor_lead_code', value }))
}

const context: CallContext = {
  source: 'crm',
  deadline: Date.now() + 60_000,
  log: { info: () => {} },
  onSent: () => {}
}

function delivery(source = 'crm'): Delivery {
  const from = { caller: 'crm', source, deadline: context.deadline, requestId: 'req' }
  return new Delivery([], from, () => {})
}

/** Look-ups that are answered so; `asked` is what VICIdial was asked. */
function answering(answer: (values: readonly string[]) => unknown) {
  const asked: (readonly string[])[] = []
  const search = async (_by: string, values: readonly string[]) => {
    asked.push(values)
    return { reply: answer(values), maybeMade: false }
  }
  const lookUps = new SearchQueue({ search } as unknown as Exchange)
  /** Finds keys, and nothing else meanwhile. */
  const lookUp = async (keys: readonly SearchKey[]) => {
    const { found, entered } = lookUps.find(keys, delivery())
    for (;;) {
      const searches = lookUps.take()
      if (searches.length === 0) break
      await lookUps.send(searches, context)
    }
    entered()
    return found
  }
  return { asked, lookUps, lookUp }
}

test('many keys of one kind are one call, and each key is asked once', async (t) => {
  const keys: SearchKey[] = [
    ...codes('CRM-1', 'CRM-2', 'CRM-1', 'crm-1'),
    { by: 'phone_number', value: '2125550001' },
    ...codes('CRM-2'),
    { by: 'phone_number', value: '2125550001' }
  ]
  t.strictSame(planLookUps(keys), [
    { by: 'vendor_lead_code', values: ['CRM-1', 'CRM-2', 'crm-1'] },
    { by: 'phone_number', values: ['2125550001'] }
  ])
  t.strictSame(planLookUps([]), [])
})

test('keys that are equal as numbers never share a call', async (t) => {
  const keys = codes('123', '0123', '1e3', 'x', '1000', '123.0', '12', '.5', '0.5', '-1', '-01', 'y', '0456')
  t.strictSame(
    planLookUps(keys).map(({ values }) => values),
    [['123', '1000', '12'], ['0123', '0456'], ['1e3'], ['x', 'y'], ['123.0'], ['.5'], ['0.5', '-1'], ['-01']]
  )
  const phones: SearchKey[] = ['2125550001', '02125550001', '2125550002'].map((value) => ({
    by: 'phone_number',
    value
  }))
  t.strictSame(planLookUps(phones), [
    { by: 'phone_number', values: ['2125550001', '2125550002'] },
    { by: 'phone_number', values: ['02125550001'] }
  ])
})

test('whatever the keys, each is asked in exactly one call, with none that VICIdial takes for the same', async (t) => {
  const value = fc.oneof(
    fc.string({ unit: fc.constantFrom(...'0123456789e.-E'), minLength: 1, maxLength: 5 }),
    fc.string({ unit: fc.constantFrom(...'aAbB01-| '), minLength: 1, maxLength: 3 }),
    fc.integer({ min: 0, max: 30 }).map(String)
  )
  const trimmed = value.map((text) => text.trim() || 'x')
  const separate = fc.property(fc.array(trimmed, { maxLength: 60 }), (values) => {
    const calls = planLookUps(codes(...values))
    const asked = calls.flatMap((call) => call.values)
    if (asked.length !== new Set(values).size || values.some((value) => !asked.includes(value))) return false
    return calls.every((call) => new Set(call.values.map(looseKey)).size === call.values.length)
  })
  t.doesNotThrow(() => fc.assert(separate, { numRuns: 1_500 }))
})

test('no call has more than 500 keys, and there are no more calls than that takes', async (t) => {
  const values = Array.from({ length: 1_201 }, (_, n) => `CRM-${n}`)
  t.strictSame(
    planLookUps(codes(...values)).map((call) => call.values.length),
    [500, 500, 201]
  )
})

test('what was found is given by key', async (t) => {
  const { lookUp } = answering(() => ({ kind: 'found', leads: new Map([['CRM-1', [3, 1]]]) }))
  t.strictSame(
    await lookUp(codes('CRM-1', 'NOPE')),
    new Map([
      ['vendor_lead_code:CRM-1', [3, 1]],
      ['vendor_lead_code:NOPE', []]
    ])
  )
  t.equal(keyName({ by: 'lead_id', value: 7 }), 'lead_id:7')
})

test('a look-up that reaches the limit is split until it does not', async (t) => {
  const leads = new Map([
    ['a', [1]],
    ['b', [2, 3, 4]],
    ['c', [5]],
    ['d', []],
    ['e', [6]]
  ])
  const { asked, lookUp } = answering((values) => ({
    kind: values.flatMap((value) => leads.get(value) ?? []).length >= 4 ? 'limit_reached' : 'found',
    leads: new Map(values.map((value) => [value, values.length > 2 ? [] : (leads.get(value) ?? [])]))
  }))
  t.strictSame(
    await lookUp(codes('a', 'b', 'c', 'd', 'e')),
    new Map(
      [
        ['vendor_lead_code:c', [5]],
        ['vendor_lead_code:d', []],
        ['vendor_lead_code:e', [6]],
        ['vendor_lead_code:a', [1]],
        ['vendor_lead_code:b', [2, 3, 4]]
      ].sort() as [string, number[]][]
    )
  )
  t.same(new Set(asked.map(String)), new Set(['a,b,c,d,e', 'a,b,c', 'd,e', 'a,b', 'c', 'a', 'b']))
})

test('one key that reaches the limit alone is what was found', async (t) => {
  const { asked, lookUp } = answering(() => ({ kind: 'limit_reached', leads: new Map([['a', [2, 1]]]) }))
  t.strictSame(await lookUp(codes('a')), new Map([['vendor_lead_code:a', [2, 1]]]))
  t.equal(asked.length, 1)
})

test('a look-up that fails is the reply for its keys, and made nothing', async (t) => {
  const reply = { kind: 'unanswered', sent: 'maybe', code: 'upstream_timeout', detail: 'too late' }
  const { lookUp } = answering(() => reply)
  const failed = { reply, maybeMade: false }
  t.strictSame(
    await lookUp(codes('a', 'b')),
    new Map([
      ['vendor_lead_code:a', failed],
      ['vendor_lead_code:b', failed]
    ])
  )
})

test('a key that waits, or is asked for, is not asked for again; one that was answered is', async (t) => {
  const { asked, lookUps } = answering(() => ({ kind: 'found', leads: new Map([['a', [1]]]) }))
  const first = lookUps.find(codes('a'), delivery())
  const second = lookUps.find(codes('a'), delivery())
  const searches = lookUps.take()
  const sent = lookUps.send(searches, context)
  const third = lookUps.find(codes('a'), delivery())
  t.strictSame(lookUps.take(), [])
  await sent
  for (const { found } of [first, second, third]) {
    t.strictSame(await found, new Map([['vendor_lead_code:a', [1]]]))
  }
  lookUps.find(codes('a'), delivery())
  t.equal(lookUps.take().length, 1)
  t.strictSame(asked, [['a']])
})

test('keys of different sources are asked for in different calls', async (t) => {
  const { lookUps } = answering(() => undefined)
  lookUps.find(codes('a', 'b'), delivery('crm'))
  lookUps.find(codes('a', 'c'), delivery('shop'))
  lookUps.find(codes('c'), delivery('crm'))
  const taken = [lookUps.take(), lookUps.take(), lookUps.take()]
  t.strictSame(
    taken.map((searches) => searches.map(({ key }) => key.value)),
    [['a', 'b', 'c'], ['a', 'c'], []]
  )
})

test('the turn of a request comes when all before it that named one of its keys have entered', async (t) => {
  const { lookUps } = answering(() => undefined)
  const first = lookUps.find(codes('a', 'b'), delivery())
  const other = lookUps.find(codes('c'), delivery())
  const second = lookUps.find(codes('b', 'c'), delivery())
  let isTurn = false
  void second.turn.then(() => {
    isTurn = true
  })
  await first.turn
  await other.turn
  other.entered()
  await turn()
  t.equal(isTurn, false)
  first.entered()
  await turn()
  t.equal(isTurn, true)
})

test('what VICIdial may not be asked is the refusal for all who wait for it', async (t) => {
  const { asked, lookUps } = answering(() => undefined)
  const { found } = lookUps.find(codes('a'), delivery())
  const reply = { kind: 'refused', code: 'upstream_login_failed', detail: 'held' } as const
  const refusal = { reply, maybeMade: false, isUnsent: true } as const
  lookUps.refuse(lookUps.take(), refusal)
  t.strictSame(await found, new Map([['vendor_lead_code:a', refusal]]))
  t.strictSame(asked, [])
})
