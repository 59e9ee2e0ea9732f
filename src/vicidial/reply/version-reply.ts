import type { NoReply, RawReply } from '../client.ts'
import { readOther } from './other-reply.ts'

/** What VICIdial says about itself. */
export interface Version {
  readonly version: string
  /** `YYMMDD-HHMM` */
  readonly build: string
  /** Its clock, in whole seconds since the epoch; older builds leave it out. */
  readonly epoch?: number
  /** How far its local time is ahead of UTC now, in minutes, summer time included. */
  readonly utcOffsetMinutes?: number
  /** The same without summer time, by its settings; absent if these have no time zone. */
  readonly standardOffsetMinutes?: number
  /** Whether it is on summer time now. */
  readonly isSummerTime?: boolean
}

/** What a reply to `version` means. */
export type VersionReply = ({ readonly kind: 'version' } & Version) | ReturnType<typeof readOther>

/** Reads the reply to `version`. */
export function readVersionReply(httpStatus: number, text: string): VersionReply {
  const version = readVersion({ httpStatus, text })
  return version === undefined ? readOther(httpStatus, text, false) : { kind: 'version', ...version }
}

/** Time zones differ from UTC by quarters of an hour. */
const QUARTER = 15
/** No time zone is further from UTC, in minutes. */
const MAX_OFFSET = 14 * 60

/** Reads the reply to `version`; undefined if it is not VICIdial's. Nothing else of the reply is passed on. */
export function readVersion(reply: RawReply | NoReply): Version | undefined {
  if ('sent' in reply) return undefined
  const match = /^VERSION: (\d[\w.-]{0,19})\|BUILD: (\d{6}-\d{4})\|/.exec(reply.text)
  if (match === null) return undefined
  const [, version = '', build = ''] = match
  const seconds = /\|EPOCH: (\d{1,12})\|/.exec(reply.text)?.[1]
  if (seconds === undefined) return { version, build }
  const epoch = Number(seconds)
  const utcOffsetMinutes = readOffset(reply.text, epoch)
  const standardOffsetMinutes = readStandardOffset(reply.text)
  const summer = /\|DST: ([01])\|/.exec(reply.text)?.[1]
  return {
    version,
    build,
    epoch,
    ...(utcOffsetMinutes === undefined ? {} : { utcOffsetMinutes }),
    ...(standardOffsetMinutes === undefined ? {} : { standardOffsetMinutes }),
    ...(summer === undefined ? {} : { isSummerTime: summer === '1' })
  }
}

/** `TZ` has hours and their hundredths. */
function readStandardOffset(text: string): number | undefined {
  const hours = /\|TZ: (-?\d{1,2}(?:\.\d{1,2})?)\|/.exec(text)?.[1]
  const offset = Math.round((Number(hours) * 60) / QUARTER) * QUARTER
  return hours !== undefined && Math.abs(offset) <= MAX_OFFSET ? offset : undefined
}

function readOffset(text: string, epoch: number): number | undefined {
  const [, day, time] = /\|DATE: (\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)\|/.exec(text) ?? []
  const minutes = (Date.parse(`${day}T${time}Z`) / 1000 - epoch) / 60
  const offset = Math.round(minutes / QUARTER) * QUARTER
  // Both are read from one clock, perhaps on either side of a second.
  return Math.abs(offset) <= MAX_OFFSET && Math.abs(offset - minutes) < 1 ? offset : undefined
}
