import fc from 'fast-check'
import { test } from 'tap'
import { KeyLines, type Place } from '../../../src/delivery/adding/key-lines.ts'
import { settled, stoppedClock } from '../../stopped-clock.ts'

const DOUBT_MS = 10_000
const keys = (...names: string[]) => new Set(names)

test('of all who share a key one is first, the earliest; nobody waits for ever', async () => {
  const names = fc.subarray(['a', 'b', 'c', 'd'], { minLength: 1 }).map((some) => new Set(some))
  await fc.assert(
    fc.asyncProperty(
      fc.array(names, { maxLength: 12 }),
      fc.infiniteStream(fc.nat()),
      async (all, choices) => {
        const lines = new KeyLines({ doubtMs: DOUBT_MS, isInDoubt: false })
        const waiting = new Map<number, { readonly place: Place; readonly keys: ReadonlySet<string> }>()
        for (const [index, one] of all.entries()) waiting.set(index, { place: lines.join(one), keys: one })
        while (waiting.size > 0) {
          for (const [index, { place, keys: own }] of waiting) {
            const isBlocked = [...waiting].some(
              ([other, at]) => other < index && !at.keys.isDisjointFrom(own)
            )
            if (place.isFirst === isBlocked)
              throw new Error(`${index} is ${place.isFirst ? '' : 'not '}first`)
          }
          const indexes = [...waiting.keys()]
          const leaving = indexes[(choices.next().value ?? 0) % indexes.length] ?? 0
          waiting.get(leaving)?.place.leave()
          waiting.delete(leaving)
        }
        return ['a', 'b', 'c', 'd'].every((name) => !lines.has(name))
      }
    )
  )
})

test('the turn comes when those before have left every line', async (t) => {
  const lines = new KeyLines({ doubtMs: DOUBT_MS, isInDoubt: false })
  const first = lines.join(keys('code', 'phone'))
  const second = lines.join(keys('other'))
  const third = lines.join(keys('phone', 'other'))
  let isTurn = false
  void third.turn.then(() => (isTurn = true))
  first.leave()
  await settled()
  t.notOk(isTurn)
  second.leave()
  await settled()
  t.ok(isTurn)
  first.leave()
})

test('after a lost call no lead is added under its keys for a while', (t) => {
  const { tick } = stoppedClock(t)
  const lines = new KeyLines({ doubtMs: DOUBT_MS, isInDoubt: false })
  lines.doubt(keys('code', 'phone'))
  t.equal(lines.waitMs(keys('other')), 0)
  tick(4_000)
  t.equal(lines.waitMs(keys('phone', 'other')), 6_000)
  lines.doubt(keys('phone'))
  tick(6_000)
  t.equal(lines.waitMs(keys('code')), 0)
  t.equal(lines.waitMs(keys('code', 'phone')), 4_000)
  lines.doubt(keys('new'))
  tick(DOUBT_MS)
  t.equal(lines.waitMs(keys('code', 'phone', 'new')), 0)
  t.end()
})

test('after a process that was killed no lead is added at all for a while', (t) => {
  const { tick } = stoppedClock(t)
  const lines = new KeyLines({ doubtMs: DOUBT_MS, isInDoubt: true })
  t.equal(lines.waitMs(keys('code')), DOUBT_MS)
  tick(DOUBT_MS)
  t.equal(lines.waitMs(keys('code')), 0)
  t.end()
})

test('it is certain what was added once no call that was lost can add a lead any more', (t) => {
  const { tick } = stoppedClock(t)
  const killed = new KeyLines({ doubtMs: DOUBT_MS, isInDoubt: true })
  const lines = new KeyLines({ doubtMs: DOUBT_MS, isInDoubt: false })
  t.strictSame([killed.isInDoubt, lines.isInDoubt], [true, false])
  lines.doubt(keys('code', 'phone'))
  tick(DOUBT_MS - 1)
  t.strictSame([killed.isInDoubt, lines.isInDoubt], [true, true])
  tick(1)
  t.strictSame([killed.isInDoubt, lines.isInDoubt], [false, false])
  t.end()
})

test('a look-up is outdated as soon as a call is made that may add a lead', (t) => {
  const lines = new KeyLines({ doubtMs: DOUBT_MS, isInDoubt: false })
  const before = lines.version
  const ended = lines.beginCall()
  t.equal(lines.version, undefined)
  ended()
  t.not(lines.version, before)
  t.equal(lines.version, lines.version)
  t.end()
})
