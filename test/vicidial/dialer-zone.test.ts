import fc from 'fast-check'
import { test } from 'tap'
import { DialerZone } from '../../src/vicidial/dialer-zone.ts'
import { offsetHours, ServerClock } from '../../src/tools/sandbox/database/server-clock.ts'
import { versionLine } from '../../src/tools/sandbox/functions/version.ts'
import { readVersion, type Version } from '../../src/vicidial/reply/version-reply.ts'

const RELEASE = { version: '2.14-202', build: '250720-1841' }

/** What a server in a zone says of its clock. */
function said(timeZone: string | undefined, now: number): Version {
  const text = versionLine(RELEASE, new ServerClock(() => now, timeZone))
  const version = readVersion({ httpStatus: 200, text: `${text}\n` })
  if (version === undefined) throw new Error(text)
  return version
}

function local(at: number, timeZone: string): string {
  return new Date(at + offsetHours(at, timeZone) * 3_600_000).toISOString().slice(0, 19).replace('T', ' ')
}

const START = Date.UTC(2026, 0, 1)
const YEAR = 366 * 86_400_000

test('a time that is converted without an assumption is right in the zone of the server, whatever that is', (t) => {
  const zones = fc.constantFrom(...Intl.supportedValuesOf('timeZone'))
  const times = fc.integer({ min: START, max: START + 2 * YEAR }).map((at) => Math.floor(at / 1_000) * 1_000)
  let sure = 0
  fc.assert(
    fc.property(zones, times, fc.integer({ min: 0, max: 60 }), (zone, now, days) => {
      const at = now + days * 86_400_000
      const converted = new DialerZone().localTime(at, said(zone, now))
      if (converted === undefined || converted.assumed !== undefined) return true
      sure++
      return converted.text === local(at, zone)
    }),
    { numRuns: 30 }
  )
  t.ok(sure > 8, `${sure} of 30 needed no assumption`)
  t.end()
})

test('the zone that the operator gives counts, if VICIdial may be in it', (t) => {
  const now = Date.UTC(2026, 0, 15)
  const july = Date.UTC(2026, 6, 20, 14)
  t.strictSame(new DialerZone().localTime(july, said('America/Bogota', now)), {
    text: '2026-07-20 10:00:00',
    assumed: 'America/New_York'
  })
  t.strictSame(new DialerZone('America/Bogota').localTime(july, said('America/Bogota', now)), {
    text: '2026-07-20 09:00:00'
  })
  t.equal(new DialerZone('Europe/Rome').localTime(july, said('America/Bogota', now)), undefined)
  t.strictSame(new DialerZone().localTime(july, said(undefined, now)), {
    text: '2026-07-20 14:00:00',
    assumed: 'UTC'
  })
  t.strictSame(new DialerZone().localTime(july, said(undefined, july)), { text: '2026-07-20 14:00:00' })
  t.equal(new DialerZone().localTime(july, RELEASE), undefined, 'an old build names no clock')
  t.end()
})
