import type { Finding } from './step.ts'
import { readVersion } from '../../vicidial/version-reply.ts'
import type { VersionCall } from './version.ts'

/** Calls from which the round trip is taken. */
export const TIMED_CALLS = 5
/** A VICIdial that is well answers in a hundredth of that in its own network. */
const SLOW_MS = 250
const MOST_CLOCK_SECONDS = 3

/** The middle of some durations. */
export function medianMs(calls: readonly VersionCall[]): number {
  const sorted = calls.map(({ ms }) => ms).sort((one, other) => one - other)
  return sorted[Math.floor(sorted.length / 2)] ?? 0
}

/** How long one call takes that does nothing, and what that means. */
export function findRoundTrip(calls: readonly VersionCall[], maxConcurrency: number): Finding {
  const answered = calls.filter(({ answer }) => readVersion(answer) !== undefined)
  const median = medianMs(answered)
  const times = answered.map(({ ms }) => ms)
  const detail = `A call that does nothing takes ${format(median)} ms (median of ${answered.length}, ${format(Math.min(...times))} to ${format(Math.max(...times))}).`
  if (answered.length < calls.length) {
    return {
      status: 'warning',
      detail: `${detail} ${calls.length - answered.length} of ${calls.length} calls were not answered.`,
      remedy: "Look for lost connections between the two machines, and into the log of VICIdial's web server."
    }
  }
  if (median < SLOW_MS) return { status: 'ok', detail }
  const perSecond = (maxConcurrency * 1_000) / median
  return {
    status: 'warning',
    detail: `${detail} That is slow. With ${maxConcurrency} calls at once, at most ${format(perSecond)} calls a second are possible: so many updates with phone numbers or custom fields, which take a call each. Batches suffer less, as one call has up to 1,000 leads.`,
    remedy:
      "Run the gateway near VICIdial, best in the same network. If it is near already, see what slows VICIdial's web server or database. Callers must wait longer, too: mind REQUEST_DEADLINE_MS."
  }
}

/**
 * How far VICIdial's clock is from this machine's. VICIdial says whole seconds, and says them at some time between
 * the call's start and its end: so each call gives a range, and what all have in common is nearest to the truth.
 */
export function findClock(calls: readonly VersionCall[]): Finding {
  const ranges = calls.flatMap(({ answer, sentAt, receivedAt }) => {
    const epoch = readVersion(answer)?.epoch
    return epoch === undefined ? [] : [[epoch - receivedAt / 1_000, epoch + 1 - sentAt / 1_000] as const]
  })
  if (ranges.length === 0) return { status: 'skipped', detail: 'VICIdial does not say its time.' }
  const least = Math.max(...ranges.map(([from]) => from))
  const most = Math.min(...ranges.map(([, to]) => to))
  const isFast = least > MOST_CLOCK_SECONDS
  if (!isFast && most >= -MOST_CLOCK_SECONDS) {
    return { status: 'ok', detail: "VICIdial's clock and this machine's agree to a few seconds." }
  }
  const seconds = Math.round(Math.abs(isFast ? least : most))
  return {
    status: 'warning',
    detail: `VICIdial's clock is ${seconds} s ${isFast ? 'ahead of' : 'behind'} this machine's.`,
    remedy:
      'Let both machines keep time by NTP (timedatectl set-ntp true): else logs cannot be compared, and signatures of webhooks and certificates are judged by a wrong time.'
  }
}

/** A number as it is read best: 0.4, 7.5, 12, 240. */
export function format(number: number): string {
  return number < 10 ? String(Math.round(number * 10) / 10) : String(Math.round(number))
}
