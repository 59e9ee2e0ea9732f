import type { AlertLine } from './open-alerts.ts'
import type { AlertSettings } from './settings.ts'

const MINUTE_MS = 60_000
const HOUR_MINUTES = 60

/**
 * The body of a message, as JSON.
 * @param now milliseconds since the epoch
 */
export function messageOf(
  lines: readonly AlertLine[],
  { format, gateway }: Pick<AlertSettings, 'format' | 'gateway'>,
  now: number
): string {
  if (format === 'slack') return JSON.stringify({ text: textOf(lines, gateway, now) })
  return JSON.stringify({ gateway, at: rfc3339(now), alerts: lines.map(alertOf) })
}

function textOf(lines: readonly AlertLine[], gateway: string, now: number): string {
  const [first, ...more] = lines.map((line) => sentencesOf(line, now))
  const name = `vicidial-gateway ${gateway}`
  return more.length === 0
    ? `${name}: ${first}`
    : [`${name}:`, ...[first, ...more].map((text) => `• ${text}`)].join('\n')
}

/** That an alert is over can be sent much later, so it says when it ended. */
function sentencesOf({ since, until, text }: AlertLine, now: number): string {
  return until === undefined
    ? text
    : `Ended ${inWords(now - until)} ago, after ${inWords(until - since)}: ${text}`
}

/** One alert of the JSON document. */
function alertOf({ kind, account, count, since, until, text }: AlertLine) {
  return {
    alert: kind,
    ...(account === undefined ? {} : { account }),
    status: until === undefined ? 'active' : 'over',
    since: rfc3339(since),
    ...(until === undefined ? {} : { until: rfc3339(until) }),
    ...(count === undefined ? {} : { count }),
    text
  }
}

/** A time span in minutes, or hours and minutes. */
function inWords(ms: number): string {
  const minutes = Math.max(1, Math.round(ms / MINUTE_MS))
  if (minutes < HOUR_MINUTES) return `${minutes} min`
  return `${Math.floor(minutes / HOUR_MINUTES)} h ${minutes % HOUR_MINUTES} min`
}

function rfc3339(at: number): string {
  return new Date(at).toISOString()
}
