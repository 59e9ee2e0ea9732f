import type { Release } from '../api/builds.ts'
import type { ServerClock } from '../database/server-clock.ts'

/** The reply of `version`, which needs no login. */
export function versionLine({ version, build }: Release, clock: ServerClock): string {
  const { isSummerTime, standard, current } = clock.zone()
  const time = `DATE: ${clock.text()}|EPOCH: ${Math.floor(clock.now() / 1000)}|DST: ${isSummerTime ? 1 : 0}`
  return `VERSION: ${version}|BUILD: ${build}|${time}|TZ: ${standard}|TZNOW: ${current}|`
}
