import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'tap'
import { type Sandbox, startSandbox } from '../../../src/tools/sandbox/sandbox.ts'
import { Client } from '../../../src/vicidial/client.ts'
import type { CallContext } from '../../../src/vicidial/exchange/call-runner.ts'
import type { UpstreamState } from '../../../src/vicidial/guard.ts'
import type { Call } from '../../../src/vicidial/wire.ts'
import { memoryLog, type Tester } from '../../helper.ts'
import { stoppedClock } from '../../stopped-clock.ts'
import { until } from '../../until.ts'
import { LONG_MS, upstreamWith, type UpstreamSettings } from '../upstream.ts'

/** Longer than any machine takes to notice that a time is over, far shorter than `LONG_MS`. */
const FAR_MS = 60_000

function exchangeWith(t: Tester, url: string, settings: UpstreamSettings = {}) {
  const memory = memoryLog()
  const client = new Client({ url: new URL(url), connections: settings.maxConcurrency ?? 2 })
  const states: string[] = []
  const onChange = ({ state }: UpstreamState) => void states.push(state)
  const timeout = { ms: settings.timeoutMs ?? LONG_MS }
  const { exchange, guard, close } = upstreamWith(
    client,
    {
      ...settings,
      onChange,
      get timeoutMs() {
        return timeout.ms
      }
    },
    memory
  )
  t.teardown(close)
  return { exchange, timeout, guard, states, logged: memory.logged }
}

/** For whom the calls of a test are made; `sent` counts them, `lines` is what was logged. */
function context(deadlineMs = LONG_MS) {
  const seen = { sent: 0, lines: [] as unknown[][] }
  const made: CallContext = {
    source: 'crm',
    deadline: Date.now() + deadlineMs,
    log: { info: (...line: unknown[]) => void seen.lines.push(line) },
    onSent: () => {
      seen.sent++
    }
  }
  return { seen, made }
}

function statusCall(...leads: number[]): Call {
  const changes = {
    function: 'batch_update_lead' as const,
    params: { status: 'SALE' },
    key: 'batch_update_lead\0status=SALE',
    stored: { status: 'SALE' },
    warnings: []
  }
  return { function: 'batch_update_lead', leads: leads.map((lead) => ({ lead, changes })) }
}

async function sandboxWith(
  t: Tester,
  settings: UpstreamSettings = {}
): Promise<{ sandbox: Sandbox } & ReturnType<typeof exchangeWith>> {
  const sandbox = await startSandbox({ leads: 5 })
  t.teardown(() => sandbox.close())
  return { sandbox, ...exchangeWith(t, sandbox.url, settings) }
}

/** A server that sends these replies in turn, and then repeats the last one. */
async function serverWith(t: Tester, ...answers: [status: number, text: string][]): Promise<string> {
  let calls = 0
  const server = createServer((request, response) => {
    request.resume()
    const [status, text] = answers[Math.min(calls++, answers.length - 1)] ?? [500, '']
    response.writeHead(status).end(text)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    server.close()
    server.closeAllConnections()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
}

const UPDATED = { kind: 'updated', leads: new Set([2, 1]), customFields: 'not_mentioned' }

test('sends a call once, with the login in its form, and reads the reply', async (t) => {
  const { sandbox, exchange, states } = await sandboxWith(t)
  const { seen, made } = context()
  t.strictSame(await exchange.update(statusCall(1, 2, 99), made), { reply: UPDATED, maybeMade: false })
  t.equal(seen.sent, 1)
  t.strictSame(
    sandbox.calls().map(({ method, params }) => [method, params]),
    [
      [
        'POST',
        {
          source: 'crm',
          user: 'api',
          function: 'batch_update_lead',
          lead_ids: '1,2,99',
          status: 'SALE',
          records: '3'
        }
      ]
    ]
  )
  t.match(seen.lines, [
    [{ function: 'batch_update_lead', leads: 3, ms: Number, outcome: 'updated' }, 'vicidial call']
  ])
  t.equal(seen.lines.length, 1)
  t.strictSame(states, ['reachable'])
})

test('sends a look-up once and reads the reply by its keys', async (t) => {
  const { exchange } = await sandboxWith(t)
  t.strictSame(await exchange.search('vendor_lead_code', ['CRM-3', 'NOPE'], context().made), {
    reply: {
      kind: 'found',
      leads: new Map([
        ['CRM-3', [3]],
        ['NOPE', []]
      ])
    },
    maybeMade: false
  })
})

test('repeats a call that may not have been made until its result is known', async (t) => {
  const faults = [
    ['refuse', true],
    ['reset_before', true],
    ['reset_after', true],
    ['500', false],
    ['html', true],
    ['truncate', true],
    ['truncate_clean', true]
  ] as const
  for (const [fault, maybeMade] of faults) {
    const { sandbox, exchange } = await sandboxWith(t)
    const { seen, made } = context()
    sandbox.fail(fault, { calls: 1 })
    t.strictSame(await exchange.update(statusCall(1, 2), made), { reply: UPDATED, maybeMade }, fault)
    t.equal(seen.sent, 2, fault)
    t.equal(sandbox.leads()['1']?.status, 'SALE')
  }
})

test('an update that VICIdial made before it failed is not sent again', async (t) => {
  const { sandbox, exchange } = await sandboxWith(t)
  const { seen, made } = context()
  sandbox.fail('500_after_success', { calls: 1 })
  t.strictSame(await exchange.update(statusCall(1, 2), made), { reply: UPDATED, maybeMade: false })
  t.equal(seen.sent, 1)
})

test('sends a call at most four times, and reports that the change may have been made', async (t) => {
  const four = async (fault: 'html' | '500' | 'reset_after') => {
    const { sandbox, exchange } = await sandboxWith(t)
    const { seen, made } = context()
    sandbox.fail(fault, { calls: 99 })
    const { reply, maybeMade } = await exchange.update(statusCall(1), made)
    return [fault, reply.kind, 'code' in reply ? reply.code : '', maybeMade, seen.sent]
  }
  t.strictSame(await Promise.all([four('html'), four('500'), four('reset_after')]), [
    ['html', 'unclear', '', true, 4],
    ['500', 'not_made', '', false, 4],
    ['reset_after', 'unanswered', 'upstream_unavailable', true, 4]
  ])
})

test('no attempt starts after the deadline', async (t) => {
  const { sandbox, exchange } = await sandboxWith(t)
  const { tick } = stoppedClock(t)
  const { seen, made } = context()
  sandbox.fail('html', { calls: 99 })
  // The shortest pause before a repeat is 50 ms.
  const onSent = () => {
    made.onSent()
    tick(LONG_MS - 49)
  }
  t.match(await exchange.update(statusCall(1), { ...made, onSent }), {
    reply: { kind: 'unclear' },
    maybeMade: true
  })
  t.equal(seen.sent, 1)
})

test('a call after the deadline is not sent', async (t) => {
  const { sandbox, exchange, guard } = await sandboxWith(t)
  const { seen, made } = context(-1)
  t.strictSame(await exchange.update(statusCall(1), made), {
    reply: {
      kind: 'unanswered',
      isHasty: true,
      sent: 'no',
      code: 'upstream_timeout',
      detail: "The request's time was over before the call could be sent."
    },
    maybeMade: false,
    isUnsent: true
  })
  t.strictSame([seen.sent, sandbox.calls().length, guard.state.state], [0, 0, 'unknown'])
})

test('a call ends at its timeout, or at the deadline if that is earlier', async (t) => {
  for (const [timeoutMs, deadlineMs, least] of [
    [60, 150, 60],
    [LONG_MS, 120, 100]
  ] as const) {
    const { sandbox, exchange } = await sandboxWith(t, { timeoutMs })
    sandbox.fail('hang', { calls: 99 })
    const started = performance.now()
    const { reply, maybeMade } = await exchange.update(statusCall(1), context(deadlineMs).made)
    const ms = performance.now() - started
    t.match(reply, { kind: 'unanswered', code: 'upstream_timeout' })
    t.equal(maybeMade, true)
    t.ok(ms >= least - 5 && ms < FAR_MS, `${ms} ms`)
  }
})

test('calls that wait for their turn end at the deadline, however slow the rate', async (t) => {
  const { tick } = stoppedClock(t)
  const { sandbox, exchange } = await sandboxWith(t, { maxCallsPerSecond: 1 })
  const { made } = context(900)
  const calls = [1, 2, 3, 4].map((lead) => exchange.update(statusCall(lead), made))
  await until('one call is made', () => sandbox.calls().length === 1)
  await calls[0]
  tick(900)
  const replies = await Promise.all(calls)
  t.strictSame(
    replies.map(({ reply }) => reply.kind),
    ['updated', 'unanswered', 'unanswered', 'unanswered']
  )
  t.equal(sandbox.calls().length, 1, 'the next could have been made after a second')
})

test("a call that waits behind another request's is answered at its own deadline", async (t) => {
  const { sandbox, exchange } = await sandboxWith(t, { maxConcurrency: 1, timeoutMs: 3_000 })
  sandbox.fail('hang', { calls: 1 })
  let isFirstEnded = false
  const first = exchange.update(statusCall(1), context(3_000).made).then(() => {
    isFirstEnded = true
  })
  const { reply } = await exchange.update(statusCall(2), context(100).made)
  t.match(reply, { kind: 'unanswered', sent: 'no', code: 'upstream_timeout' })
  t.equal(isFirstEnded, false)
  await first
})

test('a refused login is tried once, and then no call is made for any caller', async (t) => {
  const { sandbox, exchange, states } = await sandboxWith(t, { pass: 'wrong' })
  const { seen, made } = context()
  t.match(await exchange.update(statusCall(1), made), {
    reply: { kind: 'refused', code: 'upstream_login_failed' },
    maybeMade: false
  })
  const others = await Promise.all([
    exchange.update(statusCall(2), made),
    exchange.search('vendor_lead_code', ['CRM-1'], made),
    ...Array.from({ length: 20 }, () => exchange.update(statusCall(3), made))
  ])
  t.strictSame(
    others,
    Array(22).fill({
      reply: {
        kind: 'refused',
        code: 'upstream_login_failed',
        detail:
          "VICIdial refused the gateway's login; it is tried again in 60 s, so that it is not locked out."
      },
      maybeMade: false,
      isUnsent: true
    })
  )
  t.strictSame([seen.sent, sandbox.calls().length], [1, 1])
  t.strictSame(states, ['login_refused'])
})

// One stopped clock for both: the HTTP client keeps its timers from one to the next.
test('what a guard does when time passes', async (t) => {
  const { tick } = stoppedClock(t)

  t.test(
    'a minute after a refused login a call that changes nothing shows whether it is right again',
    async (t) => {
      const { sandbox, exchange, guard, states, logged } = await sandboxWith(t, { pass: 'wrong' })
      const { seen, made } = context(600_000)
      await exchange.update(statusCall(1), made)
      tick(59_999)
      t.equal(sandbox.calls().length, 1)

      sandbox.setPassword('wrong')
      const placed = new Promise<void>((resolve) => {
        guard.onPlace(resolve)
      })
      tick(1)
      await placed
      t.strictSame(
        sandbox.calls().map(({ params }) => params),
        [
          { ...sandbox.calls()[0]?.params },
          { source: 'gateway', user: 'api', function: 'batch_update_lead', records: '1' }
        ]
      )
      t.equal(guard.refusal(), undefined)
      t.strictSame(states, ['login_refused', 'reachable'])
      t.match(logged(), /"function":"batch_update_lead","outcome":"good","msg":"vicidial probe"/)
      t.match(await exchange.update(statusCall(1, 2), made), { reply: UPDATED })
      t.equal(seen.sent, 2, 'a probe is nobody’s call')
    }
  )

  t.test(
    'five failures in a row open the circuit: calls are refused and not sent, until "version" is answered',
    async (t) => {
      for (const fault of [
        'hang',
        'refuse',
        'reset_before',
        'reset_after',
        '500',
        'html',
        'truncate'
      ] as const) {
        const { sandbox, exchange, timeout, guard, states } = await sandboxWith(t, { maxConcurrency: 5 })
        t.match(await exchange.update(statusCall(1, 2), context().made), { reply: UPDATED })
        // The shortest pause before a repeat is 50 ms: each call is one failure.
        sandbox.fail(fault, { calls: 5, function: 'batch_update_lead' })
        const { made, seen } = context(49)
        timeout.ms = 49
        const before = await Promise.all(
          [1, 2, 3, 4, 5].map((lead) => exchange.update(statusCall(lead), made))
        )
        timeout.ms = LONG_MS
        // On a slow machine a call is over before VICIdial has it, and its fault would be the next call's.
        sandbox.fail(fault, { calls: 0, function: 'batch_update_lead' })
        t.ok(
          before.every(({ reply }) => reply.kind !== 'updated' && reply.kind !== 'refused'),
          fault
        )
        t.equal(seen.sent, 5)
        t.equal(guard.state.state, 'unreachable')
        t.match(await exchange.update(statusCall(77), context().made), {
          reply: {
            kind: 'refused',
            code: 'upstream_unavailable',
            detail: 'VICIdial failed several times in a row; no call is made until a probe succeeds.'
          },
          maybeMade: false,
          isUnsent: true
        })
        t.notOk(sandbox.calls().some(({ params }) => params['lead_ids'] === '77'))

        const placed = new Promise<void>((resolve) => {
          guard.onPlace(resolve)
        })
        tick(1_000)
        await placed
        t.equal(sandbox.calls().filter((call) => call.function === 'version').length, 1)
        t.match(await exchange.update(statusCall(1, 2), context().made), { reply: UPDATED })
        t.strictSame(states, ['reachable', 'unreachable', 'reachable'])
      }
    }
  )
})

test('a call with too little time for a reply says nothing about VICIdial', async (t) => {
  const sandbox = await startSandbox({ leads: 5, callMs: 60 })
  t.teardown(() => sandbox.close())
  const { exchange, guard } = exchangeWith(t, sandbox.url, { maxConcurrency: 6 })
  t.match(await exchange.update(statusCall(1, 2), context().made), { reply: UPDATED })
  await Promise.all([1, 2, 3, 4, 5].map((lead) => exchange.update(statusCall(lead), context(15).made)))
  t.equal(guard.refusal(), undefined, 'VICIdial answers in 60 ms; the requests had 15 left')
})

test('a refused call is not a failure of VICIdial', async (t) => {
  const url = await serverWith(t, [200, 'ERROR: USER DOES NOT HAVE PERMISSION TO USE THIS FUNCTION\n'])
  const { exchange, guard, states } = exchangeWith(t, url)
  for (let n = 0; n < 12; n++) {
    t.match(await exchange.update(statusCall(1), context().made), {
      reply: { kind: 'refused', code: 'upstream_permission_denied' }
    })
  }
  t.equal(guard.refusal(), undefined)
  t.strictSame(states, ['reachable'])
})

test('many concurrent calls with a wrong password are one attempt', async (t) => {
  const { sandbox, exchange } = await sandboxWith(t, { pass: 'wrong', maxConcurrency: 3 })
  const { made } = context()
  const replies = await Promise.all(
    Array.from({ length: 50 }, (_, n) => exchange.update(statusCall(n + 1), made))
  )
  t.ok(replies.every(({ reply }) => 'code' in reply && reply.code === 'upstream_login_failed'))
  t.equal(sandbox.calls().length, 1)
})

test('a locked-out login is distinguished from a refused one', async (t) => {
  const { sandbox, exchange, guard } = await sandboxWith(t)
  sandbox.fail('locked_out', { calls: 1 })
  const { seen, made } = context()
  t.match(await exchange.update(statusCall(1), made), {
    reply: { kind: 'refused', code: 'upstream_locked_out' }
  })
  t.match(await exchange.update(statusCall(1), made), {
    reply: { kind: 'refused', code: 'upstream_locked_out' }
  })
  t.strictSame([seen.sent, guard.state.state], [1, 'locked_out'])
})

test('a key that looks like a refused login stops nothing', async (t) => {
  const { exchange, guard } = await sandboxWith(t)
  const { made } = context()
  t.match(await exchange.search('vendor_lead_code', ['Login incorrect'], made), {
    reply: { kind: 'not_found' }
  })
  t.equal(guard.state.state, 'reachable')
  t.match(await exchange.update(statusCall(1, 2), made), { reply: UPDATED })
})

test('a refused call is not repeated, even after an attempt without a reply', async (t) => {
  const url = await serverWith(t, [200, 'SUCCESS: batch_up'], [200, 'ERROR: NO FUNCTION SPECIFIED\n'])
  const { exchange } = exchangeWith(t, url)
  const { seen, made } = context()
  t.match(await exchange.update(statusCall(1), made), {
    reply: { kind: 'refused', code: 'upstream_error' },
    maybeMade: true
  })
  t.equal(seen.sent, 2)
})

test("a call that opens the circuit ends with VICIdial's reply, not with the refusal of its repeat", async (t) => {
  const { sandbox, exchange, guard } = await sandboxWith(t)
  sandbox.fail('html', { calls: 9 })
  for (let failures = 1; failures < 5; failures++)
    await exchange.search('vendor_lead_code', ['A'], context().made, { isRepeated: false, isBlamed: false })
  t.equal(guard.refusal(), undefined)
  const { seen, made } = context()
  const exchanged = await exchange.update(statusCall(1), made)
  t.match(exchanged, { reply: { kind: 'unclear' }, maybeMade: true, said: /./, isUnsent: undefined })
  t.equal(seen.sent, 1)
  t.match(guard.refusal(), { code: 'upstream_unavailable' })
})

test('no more calls are in flight than allowed', async (t) => {
  const waiting: (() => void)[] = []
  let calls = 0
  let most = 0
  const server = createServer((request, response) => {
    request.resume()
    waiting.push(() => response.end('SUCCESS: batch_update_lead LEADS HAVE BEEN UPDATED - api|1|1|1\n'))
    most = Math.max(most, waiting.length)
    if (++calls === 1 || waiting.length === 3) for (const answer of waiting.splice(0)) answer()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
  const { exchange } = exchangeWith(t, url, { maxConcurrency: 3 })
  const { seen, made } = context()
  await Promise.all(Array.from({ length: 31 }, () => exchange.update(statusCall(1), made)))
  t.strictSame([seen.sent, most], [31, 3])
})

test('the log holds no password and no value', async (t) => {
  const lines: unknown[] = []
  for (const fault of ['wrong_login', 'html', 'reset_after', '500'] as const) {
    const { sandbox, exchange, logged } = await sandboxWith(t)
    const { seen, made } = context(300)
    sandbox.fail(fault, { calls: 99 })
    const { reply } = await exchange.update(statusCall(1), made)
    lines.push(seen.lines, reply, logged())
  }
  t.notMatch(JSON.stringify(lines), /s3cret|SALE/)
})

test('an empty reply is believed only of a server that answers otherwise', async (t) => {
  const silent = exchangeWith(t, await serverWith(t, [200, '']))
  t.match(await silent.exchange.update(statusCall(1), context().made), {
    reply: { kind: 'refused', code: 'upstream_error', detail: /answered with nothing/ }
  })
  const working = exchangeWith(
    t,
    await serverWith(t, [200, ''], [200, 'ERROR: batch_update_lead NO LEADS DEFINED - api|\n'])
  )
  t.match(await working.exchange.update(statusCall(1), context().made), {
    reply: { kind: 'refused', code: 'characters_lost', detail: /can use none of these values/ }
  })
})

test('an empty reply about custom fields is provisional: a SELECT of them that fails reads the same', async (t) => {
  const answers: [number, string][] = [
    [200, ''],
    [200, 'ERROR: batch_update_lead NO LEADS DEFINED - api|\n']
  ]
  for (const custom_fields of ['Y', undefined]) {
    const { exchange } = exchangeWith(t, await serverWith(t, ...answers))
    const { function: called, leads } = statusCall(1)
    const params = { ...(custom_fields ? { custom_fields } : {}), favorite_color: 'blue' }
    const call = {
      function: called,
      leads: leads.map((one) => ({ ...one, changes: { ...one.changes, params } }))
    }
    const { reply, isProvisional } = await exchange.update(call, context().made)
    t.match(reply, { kind: 'refused', code: 'characters_lost' })
    t.equal(isProvisional, custom_fields && true)
  }
})

test('what an old build would lose or store wrongly is not sent, whatever it was when the update was read', async (t) => {
  const old = exchangeWith(t, 'http://127.0.0.1:9/', { build: '220126-2116' }).exchange
  for (const value of ['usa', '--BLANK--'])
    t.match(old.changesRefusal(countryCode(value)), { code: 'characters_lost', detail: /capital letters/ })
  t.equal(old.changesRefusal(countryCode('USA')), undefined)
  t.equal(exchangeWith(t, 'http://127.0.0.1:9/').exchange.changesRefusal(countryCode('usa')), undefined)
})

test('a key with an apostrophe is refused by a build that it could harm, and waits for one that is not known', async (t) => {
  const url = 'http://127.0.0.1:9/'
  const old = exchangeWith(t, url, { build: '211027-0845' }).exchange
  t.match(old.keyRefusal("O'Brien"), { code: 'unsafe_characters' })
  t.equal(old.keyRefusal('CRM-1'), undefined)
  const oldest = exchangeWith(t, url, { build: '210917-1615' }).exchange
  t.match(oldest.keyRefusal('CRM-1'), { code: 'field_unknown', detail: /has no lead_search/ })
  const unknown = exchangeWith(t, url, { build: 'unknown' }).exchange
  t.match(unknown.keyRefusal("O'Brien"), { code: 'upstream_unavailable' })
  t.equal(exchangeWith(t, url).exchange.keyRefusal("O'Brien"), undefined)
})

function countryCode(value: string) {
  const params = { country_code: value }
  return { function: 'batch_update_lead' as const, params, key: value, stored: params, warnings: [] }
}

test('once the guard is closed a call ends unsent, without pauses for repeats', async (t) => {
  stoppedClock(t)
  const { exchange, guard } = exchangeWith(t, 'http://127.0.0.1:9/')
  const { seen, made } = context()
  guard.close()
  const { reply, isUnsent } = await exchange.update(statusCall(1), made)
  t.match({ reply, isUnsent, sent: seen.sent }, { reply: { sent: 'no' }, isUnsent: true, sent: 0 })
})

test("VICIdial's words come with a reply that is no success, and never values of a lead", async (t) => {
  const words = 'ERROR: batch_update_lead USER DOES NOT HAVE PERMISSION TO UPDATE LEADS: |api|pass|\n'
  const url = await serverWith(t, [200, words])
  const { exchange } = exchangeWith(t, url)
  const { said } = await exchange.update(statusCall(1), context().made)
  t.equal(said, 'batch_update_lead USER DOES NOT HAVE PERMISSION TO UPDATE LEADS')
  const read = await exchange.reads.field(1, 'comments', false, context().made)
  t.same([read.reply.kind, read.said], ['unclear', undefined])
})
