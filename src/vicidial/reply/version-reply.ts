import type { NoReply, RawReply } from '../client.ts'

/** What VICIdial says about itself. */
export interface Version {
  readonly version: string
  /** `YYMMDD-HHMM` */
  readonly build: string
  /** Its clock, in whole seconds since the epoch; older builds leave it out. */
  readonly epoch?: number
  /** How far its local time is ahead of UTC now, in minutes, summer time included. */
  readonly utcOffsetMinutes?: number
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
  return { version, build, epoch, ...(utcOffsetMinutes === undefined ? {} : { utcOffsetMinutes }) }
}

function readOffset(text: string, epoch: number): number | undefined {
  const [, day, time] = /\|DATE: (\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)\|/.exec(text) ?? []
  const minutes = (Date.parse(`${day}T${time}Z`) / 1000 - epoch) / 60
  const offset = Math.round(minutes / QUARTER) * QUARTER
  // Both are read from one clock, perhaps on either side of a second.
  return Math.abs(offset) <= MAX_OFFSET && Math.abs(offset - minutes) < 1 ? offset : undefined
}
