import fc from 'fast-check'
import { test } from 'tap'
import { readTime, TIME_PATTERN } from '../../schemas/rfc3339.ts'

const two = (value: number) => String(value).padStart(2, '0')

/** The days of a month, counted without a calendar. */
function daysIn(year: number, month: number): number {
  const isLeap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0)
  return [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1] ?? 0
}

/** A time that may name anything that two digits can. */
const written = fc
  .record({
    year: fc.integer({ min: 0, max: 9_999 }),
    month: fc.integer({ min: 0, max: 14 }),
    day: fc.integer({ min: 0, max: 33 }),
    hour: fc.integer({ min: 0, max: 25 }),
    minute: fc.integer({ min: 0, max: 62 }),
    second: fc.integer({ min: 0, max: 62 })
  })
  .map(({ year, month, day, hour, minute, second }) => ({
    text: `${String(year).padStart(4, '0')}-${two(month)}-${two(day)}T${two(hour)}:${two(minute)}:${two(second)}Z`,
    exists: day >= 1 && day <= daysIn(year, month) && hour < 24 && minute < 60 && second < 60
  }))

test('a time that exists is read, and no other', async (t) => {
  t.equal(readTime('2027-06-30T12:00:00Z'), Date.UTC(2027, 5, 30, 12))
  t.equal(readTime('2024-02-29T23:59:59.5+00:00'), Date.UTC(2024, 1, 29, 23, 59, 59, 500))
  t.equal(readTime('2027-06-30T12:00:00+02:00'), Date.UTC(2027, 5, 30, 10))
  t.equal(readTime('2027-06-30T12:00:00-09:30'), Date.UTC(2027, 5, 30, 21, 30))
  const none = [
    '2026-02-30T00:00:00Z',
    '2026-02-29T00:00:00Z',
    '2026-04-31T00:00:00Z',
    '2026-00-10T00:00:00Z',
    '2026-13-10T00:00:00Z',
    '2026-06-30T24:00:00Z',
    '2026-06-30T23:60:00Z',
    '2026-06-30T23:59:60Z',
    '2026-06-30T12:00:00+24:00',
    '2026-06-30T12:00:00+02:60',
    '2026-06-30T12:00:00',
    '2026-06-30 12:00:00Z',
    '2026-06-30T12:00Z',
    '2026-06-30',
    '26-06-30T12:00:00Z',
    '+002026-06-30T12:00:00Z',
    ' 2026-06-30T12:00:00Z',
    '2026-06-30T12:00:00Z\n',
    'yesterday',
    ''
  ]
  for (const text of none) t.equal(readTime(text), undefined, text)
})

test('every day and time of day is read if the calendar has it', async (t) => {
  fc.assert(
    fc.property(written, ({ text, exists }) => {
      t.equal(readTime(text) !== undefined, exists, text)
    })
  )
})

test('a time is read back as it was written, whatever its offset', async (t) => {
  const times = fc.date({
    min: new Date('0001-01-01T00:00:00Z'),
    max: new Date('9998-12-31T00:00:00Z'),
    noInvalidDate: true
  })
  fc.assert(
    fc.property(times, fc.integer({ min: -1_439, max: 1_439 }), (time, offset) => {
      const local = new Date(time.getTime() + offset * 60_000).toISOString().slice(0, -1)
      const minutes = Math.abs(offset)
      const text = `${local}${offset < 0 ? '-' : '+'}${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`
      t.equal(readTime(text), time.getTime(), text)
      t.match(text, new RegExp(TIME_PATTERN, 'u'))
    })
  )
})
