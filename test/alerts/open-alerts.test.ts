import { test } from 'tap'
import type { Finding } from '../../src/alerts/findings.ts'
import { type Moment, OpenAlerts } from '../../src/alerts/open-alerts.ts'

const MINUTE = 60_000
const PAUSE_MS = 10 * MINUTE
const START = Date.UTC(2026, 10, 30, 9, 0)
/** Both clocks at a minute of the test. */
const at = (minute: number): Moment => ({ steady: minute * MINUTE, system: START + minute * MINUTE })
const away = (isWrong: boolean, account = 'default'): Finding => ({
  kind: 'unreachable',
  account,
  isWrong,
  text: isWrong ? 'away' : 'back'
})
const letters = (count: number): Finding => ({
  kind: 'dead_letters',
  isWrong: count > 0,
  count,
  text: `${count} letters`
})

/** Alerts, and what is sent if findings are as given at a minute. */
function started(sent?: ConstructorParameters<typeof OpenAlerts>[0]) {
  const open = new OpenAlerts(sent)
  const send = (minute: number, ...findings: Finding[]) => {
    open.note(findings, at(minute))
    const lines = open.due(at(minute))
    open.noteSent(lines, PAUSE_MS, at(minute))
    return lines.map(({ account, text, until }) =>
      [account, text, until === undefined ? undefined : 'over'].filter(Boolean).join(' ')
    )
  }
  return { open, send }
}

test('what is wrong is sent once, and that it is over once, after a minute', async (t) => {
  const { open, send } = started()
  t.same(send(0, away(false)), [])
  t.same(send(1, away(true)), ['default away'])
  t.same(send(2, away(true)), [])
  t.same(open.sent, [{ kind: 'unreachable', account: 'default', since: START + MINUTE }])
  t.same(send(3, away(false)), [])
  open.note([away(false)], at(4))
  t.same(open.due(at(4)), [
    {
      kind: 'unreachable',
      account: 'default',
      text: 'back',
      since: START + MINUTE,
      until: START + 3 * MINUTE
    }
  ])
  t.same(send(4, away(false)), ['default back over'])
  t.same(send(5, away(false)), [])
  t.same(open.sent, [])
})

test('each account has its own alert', async (t) => {
  const { send } = started()
  t.same(send(0, away(true, 'a'), away(true, 'b')), ['a away', 'b away'])
  t.same(send(1, away(false, 'a'), away(true, 'b')), [])
  t.same(send(2, away(false, 'a'), away(true, 'b')), ['a back over'])
})

test('what comes and goes is one alert, and comes back in messages after the pause at the earliest', async (t) => {
  const { send } = started()
  t.same(send(0, away(true)), ['default away'])
  for (let half = 1; half < 10; half++) t.same(send(half / 2, away(half % 2 === 0)), [])
  t.same(send(5, away(false)), [])
  t.same(send(6, away(false)), ['default back over'])
  t.same(send(7, away(true)), [], 'again, in the pause')
  t.same(send(9.9, away(true)), [])
  t.same(send(10, away(true)), ['default away'])
})

test('what came and went within the pause is sent after it as over', async (t) => {
  const { send } = started()
  send(0, away(true))
  send(1, away(false))
  t.same(send(2, away(false)), ['default back over'])
  t.same(send(3, away(true)), [])
  t.same(send(4, away(false)), [])
  t.same(send(9, away(false)), [])
  t.same(send(10, away(false)), ['default back over'])
  t.same(send(11, away(true)), [], 'that was a report too')
  t.same(send(20, away(true)), ['default away'])
})

test('what is not known changes nothing', async (t) => {
  const { send } = started()
  t.same(send(0, away(true)), ['default away'])
  for (const minute of [1, 2, 3, 4]) t.same(send(minute), [])
  t.same(send(5, away(true)), [])
  t.same(send(6, away(false)), [])
  t.same(send(7), ['default back over'])
})

test('more dead letters are sent again, after the pause', async (t) => {
  const { send } = started()
  t.same(send(0, letters(5)), ['5 letters'])
  t.same(send(20, letters(5)), [])
  t.same(send(21, letters(7)), ['7 letters'])
  t.same(send(22, letters(9)), [], 'in the pause')
  t.same(send(31, letters(9)), ['9 letters'])
  t.same(send(50, letters(2)), [], 'fewer are no news')
  t.same(send(60, letters(3)), ['3 letters'], 'but more again are')
  t.same(send(70, letters(0)), [])
  t.same(send(71, letters(0)), ['0 letters over'])
})

test('a message that is sent anyway has a count that has grown', async (t) => {
  const { send } = started()
  t.same(send(0, letters(2)), ['2 letters'])
  t.same(send(1, letters(5)), [], 'in the pause')
  t.same(send(2, letters(5), away(true)), ['5 letters', 'default away'])
  t.same(send(3, letters(5), away(true, 'other')), ['other away'], 'it has not grown')
  t.same(send(11, letters(7)), [], 'in the pause after the second message')
  t.same(send(12, letters(7)), ['7 letters'])
  t.same(send(13, letters(0)), [])
  t.same(send(13.5, letters(1), away(true, 'third')), ['1 letters', 'third away'], 'fewer, and more again')
  t.same(send(14, letters(0)), [])
  t.same(send(14.5, letters(0), away(true, 'fourth')), ['fourth away'], 'not yet over')
})

test('what was not taken stays due, and is composed again', async (t) => {
  const { open } = started()
  open.note([away(true)], at(0))
  t.equal(open.due(at(0)).length, 1)
  t.match(open.due(at(1)), [{ text: 'away', since: START }])
  open.note([away(false)], at(2))
  t.same(open.due(at(2)), [])
  t.match(open.due(at(3)), [{ text: 'back', since: START, until: START + 2 * MINUTE }])
})

test('what happens while a message is being sent is not lost', async (t) => {
  const { open, send } = started()
  open.note([away(true)], at(0))
  const first = open.due(at(0))
  open.note([away(false)], at(1))
  open.noteSent(first, PAUSE_MS, at(1))
  t.same(send(2, away(false)), ['default back over'])

  open.note([away(true)], at(20))
  open.noteSent(open.due(at(20)), PAUSE_MS, at(20))
  open.note([away(false)], at(21))
  const over = open.due(at(22))
  t.equal(over.length, 1)
  open.note([away(true)], at(22))
  open.noteSent(over, PAUSE_MS, at(22))
  t.same(open.sent, [])
  t.match(open.due(at(30)), [{ text: 'away', since: START + 22 * MINUTE }])
})

test('the next owner knows what was sent: it repeats nothing, and says when it is over', async (t) => {
  const before = started()
  before.send(0, away(true), letters(3))
  const { send } = started(JSON.parse(JSON.stringify(before.open.sent)))
  t.same(send(1), [], 'before anything is known')
  t.same(send(2, away(true), letters(3)), [])
  t.same(send(3, away(false), letters(3)), [])
  t.same(send(4, away(false), letters(4)), ['default back over', '4 letters'])
})

test('a message has at most 50 lines; the others are in the next', async (t) => {
  const { send } = started()
  const all = Array.from({ length: 70 }, (_, n) => away(true, `a${n}`))
  t.equal(send(0, ...all).length, 50)
  t.equal(send(1, ...all).length, 20)
  t.equal(send(2, ...all).length, 0)
})
