import type { Finding } from './step.ts'
import { readVersion } from '../../vicidial/reply/version-reply.ts'
import type { VersionCall } from './version.ts'

/** How many calls to time. */
export const TIMED_CALLS = 5
/** Warn from this round trip on. In its own network, a healthy VICIdial answers in a hundredth of it. */
const SLOW_MS = 250
const MAX_CLOCK_SECONDS = 3

/** The median duration. */
export function medianMs(calls: readonly VersionCall[]): number {
  const sorted = calls.map(({ ms }) => ms).sort((one, other) => one - other)
  return sorted[Math.floor(sorted.length / 2)] ?? 0
}

/** Checks the duration of calls that do nothing. */
export function checkRoundTrip(calls: readonly VersionCall[], maxConcurrency: number): Finding {
  const answered = calls.filter(({ reply }) => readVersion(reply) !== undefined)
  const median = medianMs(answered)
  const times = answered.map(({ ms }) => ms)
  const detail = `A call that does nothing takes ${formatNumber(median)} ms (median of ${answered.length}, ${formatNumber(Math.min(...times))} to ${formatNumber(Math.max(...times))}).`
  if (answered.length < calls.length) {
    return {
      status: 'warning',
      detail: `${detail} ${calls.length - answered.length} of ${calls.length} calls were not answered.`,
      remedy: "Look for lost connections between the two machines, and at the log of VICIdial's web server."
    }
  }
  if (median < SLOW_MS) return { status: 'ok', detail }
  const perSecond = (maxConcurrency * 1_000) / median
  return {
    status: 'warning',
    detail: `${detail} That is slow. With ${maxConcurrency} calls at once, at most ${formatNumber(perSecond)} calls a second are possible. Updates of phone numbers or custom fields are limited to that rate, as each takes a call. Batches suffer less, as one call has up to 1,000 leads.`,
    remedy:
      "Run the gateway near VICIdial, best in the same network. If it already is, find out what slows VICIdial's web server or database. Callers wait longer too: check REQUEST_DEADLINE_MS."
  }
}

/**
 * Checks the difference between VICIdial's clock and this machine's. VICIdial reports whole seconds, at some time between
 * the call's start and end. So each call gives a range, and the intersection of all is the best estimate.
 */
export function checkClock(calls: readonly VersionCall[]): Finding {
  const ranges = calls.flatMap(({ reply, sentAt, receivedAt }) => {
    const epoch = readVersion(reply)?.epoch
    return epoch === undefined ? [] : [[epoch - receivedAt / 1_000, epoch + 1 - sentAt / 1_000] as const]
  })
  if (ranges.length === 0) return { status: 'skipped', detail: 'VICIdial does not report its time.' }
  const least = Math.max(...ranges.map(([from]) => from))
  const most = Math.min(...ranges.map(([, to]) => to))
  const isFast = least > MAX_CLOCK_SECONDS
  if (!isFast && most >= -MAX_CLOCK_SECONDS) {
    return { status: 'ok', detail: "VICIdial's clock and this machine's agree within a few seconds." }
  }
  const seconds = Math.round(Math.abs(isFast ? least : most))
  return {
    status: 'warning',
    detail: `VICIdial's clock is ${seconds} s ${isFast ? 'ahead of' : 'behind'} this machine's.`,
    remedy:
      'Synchronise both machines by NTP (timedatectl set-ntp true). Otherwise logs cannot be compared, and webhook signatures and certificates are checked against a wrong time.'
  }
}

/** A number rounded for reading: 0.4, 7.5, 12, 240. */
export function formatNumber(number: number): string {
  return number < 10 ? String(Math.round(number * 10) / 10) : String(Math.round(number))
}
