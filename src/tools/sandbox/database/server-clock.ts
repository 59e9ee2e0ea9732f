/** The clock of the server that runs VICIdial. */
export class ServerClock {
  readonly #now: () => number
  readonly #timeZone: string | undefined

  /**
   * @param now the time in ms since the epoch
   * @param timeZone like `America/New_York`; undefined: UTC, and the server has no time zone in its settings
   * @throws {RangeError} if there is no such time zone
   */
  constructor(now: () => number, timeZone: string | undefined) {
    this.#now = now
    this.#timeZone = timeZone
    offsetHours(now(), timeZone ?? 'UTC')
  }

  /** Milliseconds since the epoch. */
  now(): number {
    return this.#now()
  }

  /** The server's date and time, like `2026-01-31 08:00:00`. */
  text(daysAhead = 0): string {
    const local = new Date(this.#now() + this.#offsetHours() * MS_PER_HOUR)
    local.setUTCDate(local.getUTCDate() + daysAhead)
    // A year that the column can't hold.
    if (!(local.getUTCFullYear() <= LAST_YEAR)) return '0000-00-00 00:00:00'
    return local.toISOString().slice(0, 19).replace('T', ' ')
  }

  /** `DST`, `TZ` and `TZNOW` of the reply to `version`: summer time, and the hours from UTC without and with it. */
  zone(): { readonly isSummerTime: boolean; readonly standard: string; readonly current: string } {
    if (this.#timeZone === undefined) return { isSummerTime: false, standard: '', current: '0' }
    const standard = standardOffsetHours(this.#now(), this.#timeZone)
    const isSummerTime = this.#offsetHours() > standard
    const text = standard.toFixed(2)
    // PHP adds 1 to a text, which makes it a number: -5.00 becomes -4.
    return { isSummerTime, standard: text, current: isSummerTime ? String(standard + 1) : text }
  }

  #offsetHours(): number {
    return offsetHours(this.#now(), this.#timeZone ?? 'UTC')
  }
}

const MS_PER_HOUR = 3_600_000
const LAST_YEAR = 9999

/** The hours by which a time zone is ahead of UTC at a time, in ms since the epoch. */
export function offsetHours(at: number, timeZone: string): number {
  if (timeZone === 'UTC') return 0
  const parts = new Intl.DateTimeFormat('en', { timeZone, timeZoneName: 'longOffset' }).formatToParts(at)
  const name = parts.find(({ type }) => type === 'timeZoneName')?.value ?? ''
  const [, sign, hours, minutes] = /^GMT([+-])(\d\d):(\d\d)/.exec(name) ?? []
  const offset = Number(hours ?? 0) + Number(minutes ?? 0) / 60
  return sign === '-' ? -offset : offset
}

function standardOffsetHours(at: number, timeZone: string): number {
  const year = new Date(at).getUTCFullYear()
  return Math.min(...[0, 6].map((month) => offsetHours(Date.UTC(year, month, 1), timeZone)))
}
