import type { NoReply, RawReply } from '../client.ts'

/** What VICIdial says about itself. */
export interface Version {
  readonly version: string
  /** `YYMMDD-HHMM` */
  readonly build: string
  /** Its clock, in whole seconds since the epoch; older builds leave it out. */
  readonly epoch?: number
}

/** Reads the reply to `version`; undefined if it is not VICIdial's. Nothing else of the reply is passed on. */
export function readVersion(reply: RawReply | NoReply): Version | undefined {
  if ('sent' in reply) return undefined
  const match = /^VERSION: (\d[\w.-]{0,19})\|BUILD: (\d{6}-\d{4})\|/.exec(reply.text)
  if (match === null) return undefined
  const [, version = '', build = ''] = match
  const epoch = /\|EPOCH: (\d{1,12})\|/.exec(reply.text)?.[1]
  return { version, build, ...(epoch === undefined ? {} : { epoch: Number(epoch) }) }
}
