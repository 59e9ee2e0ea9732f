import type { Version } from './reply/version-reply.ts'

/** A time as VICIdial's server has it. */
export interface LocalTime {
  /** Like `2026-01-31 08:00:00`. */
  readonly text: string
  /** The time zone that was assumed for it, if zones that fit what VICIdial says would differ. */
  readonly assumed?: string
}

/** Zones that servers of call centres are in, the likeliest first of those with one offset. */
const LIKELY = [
  ...['America/New_York', 'America/Chicago', 'America/Denver', 'America/Los_Angeles', 'America/Phoenix'],
  ...['America/Halifax', 'America/Anchorage', 'Pacific/Honolulu', 'America/Sao_Paulo', 'America/Bogota'],
  ...['Europe/London', 'UTC', 'Europe/Berlin', 'Europe/Athens', 'Africa/Johannesburg', 'Europe/Istanbul'],
  ...['Asia/Dubai', 'Asia/Karachi', 'Asia/Kolkata', 'Asia/Manila', 'Asia/Tokyo', 'Australia/Sydney'],
  'Pacific/Auckland'
]
const MS_PER_MINUTE = 60_000

/**
 * The time zone of VICIdial's server. VICIdial takes times of callbacks without a zone, and names none itself: its reply to
 * `version` has the offset from UTC now and without summer time. So a time is converted by each zone that fits. If these
 * differ, as they may beyond the next change to or from summer time, the likeliest one is assumed, and named.
 */
export class DialerZone {
  readonly #configured: string | undefined
  #fitting: Fitting | undefined

  /** @param configured the zone's name, if the operator has given it */
  constructor(configured?: string) {
    this.#configured = configured
  }

  /**
   * Converts a time.
   * @param at milliseconds since the epoch
   * @param version what VICIdial says of its clock now
   * @returns undefined if VICIdial does not say enough, or is in another zone than the operator has given
   */
  localTime(at: number, version: Version): LocalTime | undefined {
    const fitting = this.#fittingOf(version)
    const [likeliest] = fitting?.zones ?? []
    if (fitting === undefined || likeliest === undefined) return undefined
    const quarter = Math.floor(at / QUARTER_MS)
    const known = fitting.offsets.get(quarter) ?? offsetsAt(at, fitting.zones)
    if (fitting.offsets.size >= MAX_KNOWN_OFFSETS) fitting.offsets.clear()
    fitting.offsets.set(quarter, known)
    const local = new Date(at + known.minutes * MS_PER_MINUTE).toISOString()
    const text = local.slice(0, 'YYYY-MM-DDTHH:MM:SS'.length).replace('T', ' ')
    return known.isSure ? { text } : { text, assumed: likeliest }
  }

  #fittingOf(version: Version): Fitting | undefined {
    const { epoch, utcOffsetMinutes: offset, standardOffsetMinutes: standard, isSummerTime } = version
    if (epoch === undefined || offset === undefined) return undefined
    // Within an hour nothing changes.
    const key = [Math.floor(epoch / 3_600), offset, standard, isSummerTime].join(' ')
    if (this.#fitting?.key === key) return this.#fitting
    const known = this.#configured === undefined ? allZones(standard === undefined) : [this.#configured]
    const zones = known.filter((zone) => fits(zone, version))
    this.#fitting = { key, zones, offsets: new Map() }
    return this.#fitting
  }
}

/** The zones that fit what VICIdial says. */
interface Fitting {
  readonly key: string
  /** The likeliest first. */
  readonly zones: readonly string[]
  /** How far the likeliest one is ahead of UTC in a quarter of an hour, and whether the others are, too. */
  readonly offsets: Map<number, { readonly minutes: number; readonly isSure: boolean }>
}

/** Offsets change at quarters of an hour. */
const QUARTER_MS = 15 * MS_PER_MINUTE
const MAX_KNOWN_OFFSETS = 10_000

function offsetsAt(at: number, [likeliest = '', ...others]: readonly string[]) {
  const minutes = offsetMinutes(at, likeliest)
  return { minutes, isSure: others.every((zone) => offsetMinutes(at, zone) === minutes) }
}

/** @param isUnnamed whether VICIdial's settings have no time zone, as on a server that runs on UTC */
function allZones(isUnnamed: boolean): string[] {
  return [...new Set([...(isUnnamed ? ['UTC'] : []), ...LIKELY, ...Intl.supportedValuesOf('timeZone')])]
}

function fits(zone: string, { epoch = 0, utcOffsetMinutes: offset = 0, ...version }: Version): boolean {
  const now = epoch * 1_000
  if (offsetMinutes(now, zone) !== offset) return false
  const standard = standardOffsetMinutes(now, zone)
  const { standardOffsetMinutes: said = standard, isSummerTime = offset > standard } = version
  return said === standard && isSummerTime === offset > standard
}

/** The offset without summer time: the lower of those in January and July. */
function standardOffsetMinutes(at: number, zone: string): number {
  const year = new Date(at).getUTCFullYear()
  return Math.min(...[0, 6].map((month) => offsetMinutes(Date.UTC(year, month, 1), zone)))
}

/** How far a zone is ahead of UTC at a time, in minutes. */
function offsetMinutes(at: number, timeZone: string): number {
  const parts = new Intl.DateTimeFormat('en', { timeZone, timeZoneName: 'longOffset' }).formatToParts(at)
  const name = parts.find(({ type }) => type === 'timeZoneName')?.value ?? ''
  const [, sign, hours, minutes] = /^GMT([+-])(\d\d):(\d\d)/.exec(name) ?? []
  const offset = Number(hours ?? 0) * 60 + Number(minutes ?? 0)
  return sign === '-' ? -offset : offset
}
