import type { Release } from './builds.ts'

/**
 * The reply of `version`, which needs no login. The sandbox keeps UTC.
 *
 * @param now ms since the epoch
 */
export function versionLine({ version, build }: Release, now: number): string {
  const date = new Date(now).toISOString().slice(0, 19).replace('T', ' ')
  return `VERSION: ${version}|BUILD: ${build}|DATE: ${date}|EPOCH: ${Math.floor(now / 1000)}|DST: 0|TZ: |TZNOW: 0|`
}
