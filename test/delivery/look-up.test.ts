import fc from 'fast-check'
import { test } from 'tap'
import { keyName, lookUp, planLookUps, type SearchKey } from '../../src/delivery/look-up.ts'
import { looseKey } from '../../src/sandbox/loose-key.ts'
import type { CallContext, Exchange } from '../../src/vicidial/exchange.ts'

function codes(...values: string[]): SearchKey[] {
  return values.map((value) => ({ by: 'vendor_lead_code', value }))
}

const context: CallContext = {
  source: 'crm',
  deadline: Date.now() + 60_000,
  log: { info: () => {}, warn: () => {}, debug: () => {} },
  onSent: () => {}
}

/** An exchange that answers look-ups so; `asked` is what it was asked. */
function answering(answer: (values: readonly string[]) => unknown) {
  const asked: (readonly string[])[] = []
  const search = async (_by: string, values: readonly string[]) => {
    asked.push(values)
    return { reply: answer(values), maybeMade: false }
  }
  return { asked, exchange: { search } as unknown as Exchange }
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
  t.strictSame(
    planLookUps(codes('123', '0123', '1e3', 'x', '1000', '123.0', '12', '.5', '0.5', '-1', '-01')),
    [
      { by: 'vendor_lead_code', values: ['123', '1e3', 'x', '12', '.5', '-1'] },
      { by: 'vendor_lead_code', values: ['0123', '1000', '0.5', '-01'] },
      { by: 'vendor_lead_code', values: ['123.0'] }
    ]
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
  const { exchange } = answering(() => ({ kind: 'found', leads: new Map([['CRM-1', [3, 1]]]) }))
  t.strictSame(
    await lookUp([...codes('CRM-1', 'NOPE')], exchange, context),
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
  const { asked, exchange } = answering((values) => ({
    kind: values.flatMap((value) => leads.get(value) ?? []).length >= 4 ? 'limit_reached' : 'found',
    leads: new Map(values.map((value) => [value, values.length > 2 ? [] : (leads.get(value) ?? [])]))
  }))
  t.strictSame(
    await lookUp(codes('a', 'b', 'c', 'd', 'e'), exchange, context),
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
  const { asked, exchange } = answering(() => ({ kind: 'limit_reached', leads: new Map([['a', [2, 1]]]) }))
  t.strictSame(await lookUp(codes('a'), exchange, context), new Map([['vendor_lead_code:a', [2, 1]]]))
  t.equal(asked.length, 1)
})

test('a look-up that fails is the reply for its keys, and made nothing', async (t) => {
  const reply = { kind: 'unanswered', sent: 'maybe', code: 'upstream_timeout', detail: 'too late' }
  const { exchange } = answering(() => reply)
  const failed = { reply, maybeMade: false }
  t.strictSame(
    await lookUp(codes('a', 'b'), exchange, context),
    new Map([
      ['vendor_lead_code:a', failed],
      ['vendor_lead_code:b', failed]
    ])
  )
})
