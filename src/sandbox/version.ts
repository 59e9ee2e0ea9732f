/**
 * The reply of `version`, which needs no login. The sandbox keeps UTC.
 *
 * @param now ms since the epoch
 */
export function versionLine(now: number): string {
  const date = new Date(now).toISOString().slice(0, 19).replace('T', ' ')
  return `VERSION: 2.14-202|BUILD: 250720-1841|DATE: ${date}|EPOCH: ${Math.floor(now / 1000)}|DST: 0|TZ: |TZNOW: 0|`
}
