import { test } from 'tap'
import { startSandbox } from '../../../src/tools/sandbox/sandbox.ts'
import { readVersion } from '../../../src/vicidial/reply/version-reply.ts'

const MEASURED = { version: '2.14-202', build: '250720-1841' }

function read(text: string) {
  return readVersion({ httpStatus: 200, text })
}

test('the offset from UTC is that of the day, by the zone of the server', async (t) => {
  const summer = Date.UTC(2026, 6, 1) / 1000
  const winter = Date.UTC(2026, 0, 1) / 1000
  for (const [timeZone, epoch, utcOffsetMinutes, standardOffsetMinutes] of [
    ['America/New_York', summer, -240, -300],
    ['America/New_York', winter, -300, -300],
    ['Asia/Kathmandu', winter, 345, 345],
    ['Australia/Lord_Howe', winter, 660, 630],
    [undefined, summer, 0, undefined]
  ] as const) {
    const sandbox = await startSandbox({ leads: 1, now: () => epoch * 1000, ...(timeZone && { timeZone }) })
    t.teardown(() => sandbox.close())
    const text = await (await fetch(`${sandbox.url}?function=version`)).text()
    const standard = standardOffsetMinutes === undefined ? {} : { standardOffsetMinutes }
    const isSummerTime = utcOffsetMinutes > (standardOffsetMinutes ?? 0)
    t.strictSame(read(text), { ...MEASURED, epoch, utcOffsetMinutes, ...standard, isSummerTime }, text)
  }
})

test('a missing or senseless clock gives no offset', (t) => {
  const line = 'VERSION: 2.14-202|BUILD: 250720-1841|'
  t.strictSame(read(`${line}DATE: 2026-01-01 00:00:00|`), MEASURED)
  t.strictSame(read(`${line}DATE: 2026-01-01|EPOCH: 5|`), { ...MEASURED, epoch: 5 })
  t.strictSame(read(`${line}DATE: 2026-99-01 00:00:00|EPOCH: 5|`), { ...MEASURED, epoch: 5 })
  t.strictSame(read(`${line}DATE: 2026-01-01 00:00:00|EPOCH: 5|`), { ...MEASURED, epoch: 5 })
  t.strictSame(read(`${line}DATE: 1970-01-01 01:07:00|EPOCH: 5|`), { ...MEASURED, epoch: 5 })
  t.strictSame(read(`${line}DATE: 1970-01-01 01:00:06|EPOCH: 5|`), {
    ...MEASURED,
    epoch: 5,
    utcOffsetMinutes: 60
  })
  t.equal(read('<html>'), undefined)
  t.end()
})
