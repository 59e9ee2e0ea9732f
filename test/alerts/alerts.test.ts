import { type Test, test } from 'tap'
import { Alerts, type AlertsOptions } from '../../src/alerts/alerts.ts'
import type { AlertSettings } from '../../src/alerts/settings.ts'
import { AlertWebhook } from '../../src/alerts/webhook.ts'
import type { DiskSpace } from '../../src/outbox/outbox.ts'
import type { UpstreamState } from '../../src/vicidial/guard.ts'
import { readPage } from '../docs/page.ts'
import { memoryLog } from '../helper.ts'
import { settled, stoppedClock } from '../stopped-clock.ts'
import { until } from '../until.ts'
import { startReceiver } from './receiver.ts'

const MINUTE = 60_000
const LOOK = 5_000
const NOW = Date.UTC(2026, 10, 30, 9, 0)
const HALF_FULL: DiskSpace = { free: 500, total: 1_000 }

/** Alerts that go to a receiver, of a gateway whose parts are as the test sets them. Time passes only by `pass`. */
async function startAlerts(t: Test, own: Partial<AlertSettings> = {}) {
  const receiver = await startReceiver(t)
  const clock = stoppedClock(t, NOW)
  const { log, logged } = memoryLog()
  const gateway = {
    states: new Map<string, UpstreamState>([['default', { state: 'reachable' }]]),
    outbox: {
      fault: undefined as string | undefined,
      queue: { size: { deadLetters: 0 }, oldestPendingAt: undefined as number | undefined },
      diskSpace: async () => HALF_FULL
    },
    settings: {
      url: receiver.url,
      format: 'slack',
      gateway: 'gw1',
      lateMs: 15 * MINUTE,
      minDiskFree: 0.1,
      pauseMs: 10 * MINUTE,
      ...own
    } as AlertSettings | undefined
  }
  const webhook = new AlertWebhook()
  const posting = { messages: 0, mayHang: false }
  const alerts = new Alerts({
    settings: () => gateway.settings,
    states: () => gateway.states,
    outbox: gateway.outbox as unknown as AlertsOptions['outbox'],
    webhook: {
      post: async (...message) => {
        posting.messages++
        const fault = await webhook.post(...message)
        posting.messages--
        return fault
      },
      close: () => {
        webhook.close()
      }
    },
    log
  })
  alerts.start()
  t.teardown(() => {
    alerts.stop()
  })
  const lines = () =>
    logged()
      .split('\n')
      .filter(Boolean)
      .map(
        (line) => JSON.parse(line) as { msg: string; alerts: string[]; fault?: string; retry_in_s?: number }
      )
  /** No time passes while a message is being posted, unless it may hang. */
  const pass = async (ms: number) => {
    for (let passed = 0; passed < ms; passed += LOOK) {
      await clock.pass(LOOK)
      await until('the webhook has answered', () => posting.mayHang || posting.messages === 0)
      await settled()
    }
  }
  /** Lets time pass, in which one message is taken or refused. Returns the line of the log. */
  const post = async (ms = LOOK) => {
    const before = lines().length
    await pass(ms)
    await until('a message was posted', () => lines().length > before)
    t.equal(lines().length, before + 1)
    return lines().at(-1)
  }
  const be = (state: UpstreamState['state'], account = 'default') => gateway.states.set(account, { state })
  return { receiver, clock, gateway, alerts, posting, lines, logged, pass, post, be }
}

test('what is wrong is sent within seconds, and that it is over', async (t) => {
  const { receiver, pass, post, be, lines } = await startAlerts(t)
  await pass(MINUTE)
  t.same(receiver.messages, [])
  be('login_refused')
  t.match(await post(), { msg: 'alerts sent', alerts: ['login_refused of default'] })
  t.same(receiver.messages, [
    {
      text: 'vicidial-gateway gw1: VICIdial refuses the login of the account default. No updates are sent with it. Check its user and password.'
    }
  ])
  await pass(12 * MINUTE)
  t.equal(receiver.messages.length, 1)
  be('reachable')
  await pass(MINUTE)
  t.match(await post(), { alerts: ['over: login_refused of default'] })
  t.equal(
    receiver.texts()[1],
    'vicidial-gateway gw1: Ended 1 min ago, after 12 min: VICIdial accepts the login of the account default.'
  )
  await pass(12 * MINUTE)
  t.equal(lines().length, 2)
})

test('everything that is found at once is one message', async (t) => {
  const { receiver, gateway, pass, post, be } = await startAlerts(t)
  await pass(LOOK)
  be('unreachable')
  be('login_refused', 'sales')
  Object.assign(gateway.outbox, {
    fault: 'disk I/O error',
    queue: { size: { deadLetters: 2 }, oldestPendingAt: NOW - 60 * MINUTE },
    diskSpace: async () => ({ free: 1, total: 1_000 })
  })
  await post()
  // The disk is read beside the look, and so is in the next one, which has to wait for half a minute.
  await post(30_000)
  const [first = '', second = ''] = receiver.texts()
  t.equal(first.split('\n').length, 1 + 5)
  t.match(
    first,
    /^vicidial-gateway gw1:\n• VICIdial does not answer the account default, [^]+\n• VICIdial refuses/
  )
  t.match(
    first,
    /\n• 2 updates were given up so far: dead letters\. [^]+\n• The oldest stored update has waited for 60 minutes\./
  )
  t.match(second, /^vicidial-gateway gw1: 0 % of the disk of DATA_DIR is free/)
})

test('the message about an alert that came and went in the pause says when it ended', async (t) => {
  const { receiver, pass, post, be } = await startAlerts(t)
  be('unreachable')
  await post()
  be('reachable')
  await post(2 * MINUTE)
  be('unreachable')
  await pass(MINUTE)
  be('reachable')
  await pass(MINUTE)
  be('login_refused')
  await post(MINUTE)
  await post(5 * MINUTE)
  t.equal(
    receiver.texts().at(-1),
    'vicidial-gateway gw1: Ended 7 min ago, after 1 min: VICIdial answers the account default.'
  )
})

test('messages are at least half a minute apart', async (t) => {
  const { receiver, post, pass, be } = await startAlerts(t)
  be('unreachable', 'a')
  await post()
  be('unreachable', 'b')
  await pass(10_000)
  be('unreachable', 'c')
  await pass(15_000)
  t.equal(receiver.messages.length, 1)
  await post()
  t.match(receiver.texts()[1], /account b,[^]+account c,/)
})

test('a circuit that opens and closes for hours is a few messages', async (t) => {
  const { receiver, pass, be } = await startAlerts(t)
  for (let round = 0; round < 20; round++) {
    be('unreachable')
    await pass(2 * MINUTE)
    be('reachable')
    await pass(2 * MINUTE)
  }
  // 80 minutes, and at most two messages in each ten.
  t.ok(receiver.messages.length > 2 && receiver.messages.length <= 16, `${receiver.messages.length} messages`)
})

test('a webhook that fails is tried again at growing intervals, with what is then the case', async (t) => {
  const { receiver, pass, post, be, lines } = await startAlerts(t)
  receiver.answer = (response) => response.writeHead(503).end('canary-body')
  be('unreachable')
  const pauses = []
  for (const ms of [LOOK, 15_000, 30_000, 60_000, 120_000, 240_000, 480_000, 600_000, 600_000])
    pauses.push((await post(ms))?.retry_in_s)
  t.same(pauses, [15, 30, 60, 120, 240, 480, 600, 600, 600])
  t.match(lines()[0], { msg: 'alerts cannot be sent: the webhook does not take them', fault: 'status 503' })
  be('reachable')
  receiver.answer = (response) => response.end()
  await post(10 * MINUTE)
  t.equal(
    receiver.texts().at(-1),
    'vicidial-gateway gw1: Ended 10 min ago, after 36 min: VICIdial answers the account default.'
  )
  be('unreachable')
  await pass(9 * MINUTE)
  t.equal(lines().length, 10)
  t.match(await post(MINUTE), { msg: 'alerts sent' })
})

test('a webhook that hangs holds up neither what is looked at nor a stop', async (t) => {
  const { receiver, gateway, alerts, posting, pass, post, be } = await startAlerts(t)
  posting.mayHang = true
  receiver.answer = () => {}
  be('unreachable')
  await pass(LOOK)
  await until('the webhook has the message', () => receiver.messages.length === 1)
  gateway.outbox.queue.size.deadLetters = 1
  t.match(await post(10_000), { fault: 'no answer within 10000 ms', retry_in_s: 15 })
  await pass(15_000)
  await until('the webhook has the next message', () => receiver.messages.length === 2)
  t.match(receiver.texts()[1], 'dead letters')
  const [, hanging] = receiver.requests
  alerts.stop()
  await until('its connection is closed', () => hanging?.socket.destroyed === true)
  await pass(MINUTE)
  t.equal(receiver.messages.length, 2)
})

test('a disk that hangs holds up no other alert', async (t) => {
  const { receiver, gateway, post, pass, be } = await startAlerts(t)
  gateway.outbox.diskSpace = () => new Promise(() => {})
  await pass(MINUTE)
  be('unreachable')
  await post()
  t.match(receiver.texts()[0], 'the circuit is open')
})

test('a disk that cannot be read is not known to be full', async (t) => {
  const { receiver, gateway, pass, post } = await startAlerts(t)
  gateway.outbox.diskSpace = async () => ({ free: 1, total: 1_000 })
  await post(2 * LOOK)
  gateway.outbox.diskSpace = async () => {
    throw new Error('gone')
  }
  await pass(10 * MINUTE)
  t.equal(receiver.messages.length, 1)
  gateway.outbox.diskSpace = async () => HALF_FULL
  await post(2 * MINUTE)
  t.match(receiver.texts()[1], /Ended 1 min ago, after 10 min: 50 % of the disk/)
})

test('other settings apply at once, and another webhook gets everything that is wrong', async (t) => {
  const { receiver, gateway, pass, post, be } = await startAlerts(t)
  const other = await startReceiver(t)
  be('unreachable')
  await post()
  const { settings } = gateway
  gateway.settings = settings && { ...settings, url: other.url, format: 'json', gateway: 'gw2' }
  await post()
  t.equal(receiver.messages.length, 1)
  t.strictSame(other.messages, [
    {
      gateway: 'gw2',
      at: '2026-11-30T09:00:10.000Z',
      alerts: [
        {
          alert: 'unreachable',
          account: 'default',
          status: 'active',
          since: '2026-11-30T09:00:10.000Z',
          text: 'VICIdial does not answer the account default, so the circuit is open: direct requests are refused, stored updates wait.'
        }
      ]
    }
  ])
  gateway.settings = undefined
  be('reachable')
  await pass(10 * MINUTE)
  t.equal(other.messages.length, 1, 'nothing is sent without settings')
  gateway.settings = settings
  gateway.outbox.queue.size.deadLetters = 1
  await post()
  t.match(receiver.texts()[1], 'gw1: 1 update was given up')
})

test('a clock that jumps makes nothing late', async (t) => {
  const { receiver, clock, gateway, pass } = await startAlerts(t)
  gateway.outbox.queue.oldestPendingAt = NOW
  clock.setAhead(365 * 24 * 60 * MINUTE)
  await pass(10 * MINUTE)
  await settled()
  t.same(receiver.messages, [])
})

test('neither the address nor an answer of the webhook is in the log', async (t) => {
  const { receiver, post, be, logged } = await startAlerts(t)
  be('unreachable')
  receiver.answer = (response) => response.writeHead(302, { location: '/canary-location' }).end('canary-body')
  await post()
  receiver.answer = (response) => response.destroy()
  await post(15_000)
  receiver.answer = (response) => response.end('canary-body')
  await post(30_000)
  t.match(logged(), /status 302[^]+alerts sent/)
  t.notMatch(logged(), 'canary')
  t.notMatch(logged(), receiver.url.port)
})

/** The messages that the page shows. */
const SHOWN = readPage('docs/alerts.md')
  .blocks.filter(({ language }) => language === 'json')
  .map(({ text }): unknown => JSON.parse(text))

test('docs/alerts.md shows messages to a chat as they are', async (t) => {
  const { receiver, pass, post, be } = await startAlerts(t, { gateway: 'production' })
  be('login_refused')
  await post()
  await pass(30 * MINUTE)
  be('reachable')
  await post(MINUTE + LOOK)
  t.strictSame(receiver.messages, SHOWN.slice(0, 2))
})

test('docs/alerts.md shows the JSON document as it is', async (t) => {
  const { receiver, gateway, pass, post, be } = await startAlerts(t, {
    gateway: 'production',
    format: 'json'
  })
  be('login_refused')
  await post()
  await pass(30 * MINUTE)
  be('reachable')
  await pass(MINUTE)
  gateway.outbox.queue.size.deadLetters = 2
  await post()
  t.strictSame(receiver.messages[1], SHOWN[2])
})
