import { spawnSync } from 'node:child_process'
import { test } from 'tap'
import { Evaluator } from '../../src/webhooks/mapping/evaluator.ts'
import { endpointWith, rankOf, updatesOf } from './endpoints.ts'

const MINUTE_MS = 60_000
const LEAD = { vendor_lead_code: 'id' }

test('an expression that needs too much is stopped, and the endpoint keeps working', async (t) => {
  const cases: [expression: string, payload: Record<string, unknown>, reason: RegExp][] = [
    ['[1..n]', { n: 10_000_000 }, /makes a sequence of more than 100000 values/],
    ['$pad("x", n)', { n: 500_000_000 }, /pads to more than 100000 characters/],
    ['($f := function($x){ 1 + $f($x) }; $f(1))', {}, /calls itself too often/],
    ['$reduce([1..n], function($a, $b){ $a & $a }, "x")', { n: 25 }, /gives a text of more than 100000/],
    ['$reduce([1..n], function($a, $b){ $a & $a }, "x")', { n: 60 }, /failed: it asks for too much/],
    ['$contains(s, /^(a+)+$/) ? "x"', { s: `${'a'.repeat(60)}!` }, /took longer than 5000 ms/]
  ]
  await Promise.all(
    cases.map(async ([expression, payload, reason]) => {
      const mapping = { lead: LEAD, fields: { comments: `wanted ? (${expression})`, address1: 'comment' } }
      const endpoint = endpointWith(t, { mapping })
      const events = [{ id: 1 }, { ...payload, id: 2, wanted: true }, { id: 3, comment: 'after it' }]
      const { updates, failures, ignored } = await endpoint.map(events)
      t.match([...failures.values()], [{ detail: reason, pointer: '/updates/0/fields/comments' }])
      t.match(updates[1], { vendor_lead_code: '3', fields: { address1: 'after it' } })
      t.strictSame([failures.size, updates.length, ignored], [1, 2, 1])
      t.strictSame(await updatesOf(endpoint, { id: 3 }), { updates: [], ignored: 1 })
    })
  )
})

test('a function that never stops calling itself is stopped', async (t) => {
  // Of CPU time, and so on any machine far more than the other payloads take.
  const evaluator = new Evaluator(rankOf('s ? ($f := function($x){ $f($x) }; $f(1))'), undefined, 500)
  t.teardown(() => {
    evaluator.retire()
  })
  const map = (payload: unknown) => evaluator.evaluate({ payload, maxItems: 1 }, 0)
  const stopped = { expression: 'fields.rank', item: 0, reason: 'took longer than 500 ms' }
  for (const id of [1, 3]) {
    t.match(await map({ id, s: 'x' }), stopped)
    t.match(await map({ id: id + 1 }), { updates: { length: 0 }, ignored: 1 }, 'on another thread')
  }
})

test('a retired endpoint still serves the requests that have it', async (t) => {
  const endpoint = endpointWith(t, { mapping: { lead: LEAD, fields: { comments: '$string(note)' } } })
  await endpoint.map({ id: 1, note: 'a' })
  endpoint.retire()
  // Its idle thread has ended by now.
  await new Promise((resolve) => setImmediate(resolve))
  for (const id of ['2', '3'])
    t.strictSame(await updatesOf(endpoint, { id, note: 'b' }), {
      updates: [{ vendor_lead_code: id, fields: { comments: 'b' } }],
      ignored: 0
    })
})

test('a payload that uses up the memory costs only its own thread', async (t) => {
  const columns = Array(60).fill('$a').join(', ')
  // However slow the machine is, the memory is used up before the time.
  const evaluator = new Evaluator(
    rankOf(`s ? ($a := $split(s, ""); $count($zip(${columns})))`),
    undefined,
    MINUTE_MS
  )
  const map = (payload: unknown) => evaluator.evaluate({ payload, maxItems: 1 }, 0)
  t.strictSame(await map({ id: 1, s: 'ab'.repeat(500_000) }), {
    expression: 'fields.rank',
    item: 0,
    reason: 'took more than 384 MB of memory'
  })
  t.match(await map({ id: 2 }), { updates: { length: 0 }, ignored: 1 })
})

test('hints that take too long are stopped, and a trial asks for none of events that were', async (t) => {
  const evaluator = new Evaluator(rankOf('$contains(s, /^(a+)+$/) ? "x"'), undefined, 300)
  t.teardown(() => {
    evaluator.retire()
  })
  const payload = { id: 1, s: `${'a'.repeat(60)}!` }
  const explain = { events: [0], ignored: [], failed: new Map() }
  t.match(await evaluator.explain({ payload, explain }), { reason: /^took longer than 300 ms/ })
  t.same(await evaluator.explain({ payload: { Id: 1, s: 'b' }, explain }), [
    {
      event: 0,
      expression: 'lead.vendor_lead_code',
      text: '`id` is not in the payload; it has `Id`.',
      isSimilar: true
    }
  ])
})

test('a machine that is late costs no event: only the time in which the thread works counts', async (t) => {
  const evaluator = new Evaluator(rankOf('$string($sum([1..n]))'), undefined, 2_000)
  t.teardown(() => {
    evaluator.retire()
  })
  const map = (payload: unknown) => evaluator.evaluate({ payload, maxItems: 1 }, 0)
  await map({ id: 1, n: 1 })
  const mapped = map({ id: 2, n: 50_000 })
  await new Promise((resolve) => setImmediate(resolve))
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2_500)
  t.match(await mapped, { updates: [{ vendor_lead_code: '2' }] })
})

test('all texts of a payload together have a limit', async (t) => {
  const endpoint = endpointWith(t, {
    mapping: { each: 'ids', lead: { lead_id: '$' }, fields: { comments: '$payload.s' } }
  })
  await t.rejects(endpoint.map({ ids: Array(200).fill(1), s: 'x'.repeat(100_000) }), {
    message: 'crm: fields.comments at event 162 with all before it gives more than 16000000 characters.'
  })
})

test('$pad works as JSONata documents it', async (t) => {
  const of = async (expression: string) => {
    const mapping = { lead: LEAD, fields: { comments: `"[" & ${expression} & "]"` } }
    const { updates } = await endpointWith(t, { mapping }).map({ id: 1 })
    return (updates[0] as any).fields.comments
  }
  t.equal(await of('$pad("foo", 5)'), '[foo  ]')
  t.equal(await of('$pad("foo", -5)'), '[  foo]')
  t.equal(await of('$pad("foo", -5, "#")'), '[##foo]')
  t.equal(await of('$pad("😂", 5, "ab")'), '[😂abab]')
  t.equal(await of('$pad("foobar", 3)'), '[foobar]')
})

test('an idle endpoint does not keep the process alive', async (t) => {
  const path = `${t.testdir({
    'gateway.yaml': `webhooks: [{ name: a, auth: { basic: { user: u, secrets: [p] } }, mapping: { lead: { lead_id: id }, fields: { status: $string(s) } } }]`
  })}/gateway.yaml`
  const script = `import { readGatewayFile } from './src/config/gateway-file.ts'
    const endpoint = readGatewayFile('${path}', [])?.webhooks[0]
    const { updates } = await endpoint.map({ id: 1, s: 'A' })
    console.log(JSON.stringify(updates))`
  const { stdout } = spawnSync(process.execPath, ['--input-type=module-typescript', '-e', script], {
    timeout: 300_000,
    encoding: 'utf8'
  })
  t.equal(stdout.trim(), '[{"lead_id":1,"fields":{"status":"A"}}]')
})
