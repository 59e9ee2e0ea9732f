import { setImmediate as turn } from 'node:timers/promises'
import { test } from 'tap'
import { Delivery } from '../../../src/delivery/delivery.ts'
import { keyName } from '../../../src/leads/lead-key.ts'
import type { Found, WantedSearch } from '../../../src/delivery/searching/lead-search.ts'
import { leadsMeant } from '../../../src/delivery/searching/leads-meant.ts'
import { SearchQueue } from '../../../src/delivery/searching/search-queue.ts'
import type { Exchange } from '../../../src/vicidial/exchange/exchange.ts'
import type { CallContext } from '../../../src/vicidial/exchange/call-runner.ts'
import { updates } from '../updates.ts'

function codes(...values: string[]): Map<string, WantedSearch> {
  return new Map(
    values.map((value) => {
      const key = { by: 'vendor_lead_code', value } as const
      return [keyName(key), { key, isExact: false }]
    })
  )
}

const context: CallContext = {
  source: 'crm',
  // Later than the slowest machine needs for the tests of this process.
  deadline: Date.now() + 3_600_000,
  log: { info: () => {} },
  onSent: () => {}
}

function leads(...ids: number[]): Found {
  return { kind: 'leads', leads: ids }
}

function delivery(source = 'crm'): Delivery {
  const from = { caller: 'crm', source, deadline: context.deadline, requestId: 'req' }
  return new Delivery([], from, { settle: () => {} })
}

/** A queue whose searches VICIdial answers with `answer`; `asked` lists the keys of each. */
function answering(
  answer: (values: readonly string[]) => unknown,
  keyRefusal: (key: string) => unknown = () => undefined
) {
  const asked: (readonly string[])[] = []
  const exchangeSearch = async (_by: string, values: readonly string[]) => {
    asked.push(values)
    return { reply: answer(values), maybeMade: false }
  }
  const queue = new SearchQueue({ search: exchangeSearch, keyRefusal } as unknown as Exchange, {
    version: 0
  })
  /** Searches for keys, and sends all that waits. */
  const search = async (keys: ReadonlyMap<string, WantedSearch>) => {
    const { found, entered } = queue.find(keys, delivery())
    for (;;) {
      const searches = queue.take()
      if (searches.length === 0) break
      await queue.send(searches, context)
    }
    entered()
    return found
  }
  return { asked, queue, search }
}

test('a search finds leads by key', async (t) => {
  const { search } = answering(() => ({ kind: 'found', leads: new Map([['CRM-1', [3, 1]]]) }))
  t.strictSame(
    await search(codes('CRM-1', 'NOPE')),
    new Map([
      ['vendor_lead_code:CRM-1', leads(3, 1)],
      ['vendor_lead_code:NOPE', leads()]
    ])
  )
  t.equal(keyName({ by: 'lead_id', value: 7 }), 'lead_id:7')
})

test('a search that reaches the limit is split until it does not', async (t) => {
  const ids = new Map([
    ['a', [1]],
    ['b', [2, 3, 4]],
    ['c', [5]],
    ['d', []],
    ['e', [6]]
  ])
  const { asked, search } = answering((values) => ({
    kind: values.flatMap((value) => ids.get(value) ?? []).length >= 4 ? 'limit_reached' : 'found',
    leads: new Map(values.map((value) => [value, values.length > 2 ? [] : (ids.get(value) ?? [])]))
  }))
  t.strictSame(
    await search(codes('a', 'b', 'c', 'd', 'e')),
    new Map(
      [
        ['vendor_lead_code:c', leads(5)],
        ['vendor_lead_code:d', leads()],
        ['vendor_lead_code:e', leads(6)],
        ['vendor_lead_code:a', leads(1)],
        ['vendor_lead_code:b', leads(2, 3, 4)]
      ].sort() as [string, Found][]
    )
  )
  t.same(new Set(asked.map(String)), new Set(['a,b,c,d,e', 'a,b,c', 'd,e', 'a,b', 'c', 'a', 'b']))
})

test('a single key that reaches the limit has found those leads', async (t) => {
  const { asked, search } = answering(() => ({ kind: 'limit_reached', leads: new Map([['a', [2, 1]]]) }))
  t.strictSame(await search(codes('a')), new Map([['vendor_lead_code:a', leads(2, 1)]]))
  t.equal(asked.length, 1)
})

test('a failed search is a failed outcome for each of its keys, even if VICIdial may have received it', async (t) => {
  const reply = { kind: 'unanswered', sent: 'maybe', code: 'upstream_timeout', detail: 'too late' }
  const { search } = answering(() => reply)
  const error = { code: 'upstream_timeout', detail: 'too late', retryable: true } as const
  const failed: Found = { kind: 'outcome', outcome: { status: 'failed', warnings: [], error } }
  t.strictSame(
    await search(codes('a', 'b')),
    new Map([
      ['vendor_lead_code:a', failed],
      ['vendor_lead_code:b', failed]
    ])
  )
})

test('a key that could do harm is not sent, and hurts no other', async (t) => {
  const refusal = { kind: 'refused', code: 'unsafe_characters', detail: 'an apostrophe' }
  const { asked, search } = answering(
    () => ({ kind: 'found', leads: new Map([['a', [1]]]) }),
    (key) => (key.includes("'") ? refusal : undefined)
  )
  const error = { code: 'unsafe_characters', detail: 'an apostrophe', retryable: false } as const
  t.strictSame(
    await search(codes("x')OR SLEEP(.01)-- a", 'a')),
    new Map<string, Found>([
      [
        "vendor_lead_code:x')OR SLEEP(.01)-- a",
        { kind: 'outcome', outcome: { status: 'failed', warnings: [], error } }
      ],
      ['vendor_lead_code:a', leads(1)]
    ])
  )
  await search(codes("O'Brien"))
  t.strictSame(asked, [['a']])
})

test('a key that waits or is being searched is not searched again; one that has a result is', async (t) => {
  const { asked, queue } = answering(() => ({ kind: 'found', leads: new Map([['a', [1]]]) }))
  const first = queue.find(codes('a'), delivery())
  const second = queue.find(codes('a'), delivery())
  const searches = queue.take()
  const sent = queue.send(searches, context)
  const third = queue.find(codes('a'), delivery())
  t.strictSame(queue.take(), [])
  await sent
  for (const { found } of [first, second, third]) {
    t.strictSame(await found, new Map([['vendor_lead_code:a', leads(1)]]))
  }
  queue.find(codes('a'), delivery())
  t.equal(queue.take().length, 1)
  t.strictSame(asked, [['a']])
})

test('keys of different sources are searched in different calls', async (t) => {
  const { queue } = answering(() => undefined)
  queue.find(codes('a', 'b'), delivery('crm'))
  queue.find(codes('a', 'c'), delivery('shop'))
  queue.find(codes('c'), delivery('crm'))
  const taken = [queue.take(), queue.take(), queue.take()]
  t.strictSame(
    taken.map((searches) => searches.map(({ key }) => key.value)),
    [['a', 'b', 'c'], ['a', 'c'], []]
  )
})

test("a request's turn comes when all earlier ones that name one of its keys have entered", async (t) => {
  const { queue } = answering(() => undefined)
  const first = queue.find(codes('a', 'b'), delivery())
  const other = queue.find(codes('c'), delivery())
  const second = queue.find(codes('b', 'c'), delivery())
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

test('a search that may not be sent is an unsent outcome for each request that waits for it', async (t) => {
  const { asked, queue } = answering(() => undefined)
  const { found } = queue.find(codes('a'), delivery())
  const reply = { kind: 'refused', code: 'upstream_login_failed', detail: 'held' } as const
  queue.fail(queue.take(), { reply, maybeMade: false, isUnsent: true })
  const error = { code: 'upstream_login_failed', detail: 'held', retryable: true } as const
  const failed: Found = {
    kind: 'outcome',
    outcome: { status: 'failed', warnings: [], error, isUnsent: true }
  }
  t.strictSame(await found, new Map([['vendor_lead_code:a', failed]]))
  t.strictSame(asked, [])
})

test('an update whose lead was found, but whose code could not be asked for any more, was not attempted', async (t) => {
  const refused = { kind: 'refused', code: 'upstream_unavailable', detail: 'No call is made.' }
  const exchange = {
    search: async () => ({ reply: { kind: 'found', leads: new Map([['7', [1]]]) }, maybeMade: false }),
    keyRefusal: () => undefined,
    reads: { shortField: async () => ({ reply: refused, maybeMade: false, isUnsent: true }) }
  } as unknown as Exchange
  const queue = new SearchQueue(exchange, { version: 0 })
  const key = { by: 'vendor_lead_code', value: '7' } as const
  const { found } = queue.find(new Map([[keyName(key), { key, isExact: true }]]), delivery())
  await queue.send(queue.take(), context)
  const [update] = updates([{ vendor_lead_code: '7', fields: { status: 'A' } }])
  const [one] = (await found).values()
  if (update === undefined || one === undefined) throw new Error('nothing was found')
  t.match(leadsMeant({ ...update, keyMatch: 'exact' }, one), {
    kind: 'outcome',
    outcome: { status: 'failed', isUnsent: true, error: { code: 'upstream_unavailable' } }
  })
})
