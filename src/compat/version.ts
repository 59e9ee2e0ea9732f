/**
 * What answers `version`, which needs no login, in VICIdial's form: that it is the gateway, and its clock, in UTC.
 * @param now milliseconds since the epoch
 */
export function versionLine(now: number): string {
  const date = new Date(now).toISOString().slice(0, 19).replace('T', ' ')
  const epoch = Math.floor(now / 1_000)
  return `VERSION: vicidial-gateway|BUILD: vicidial-gateway|DATE: ${date}|EPOCH: ${epoch}|DST: 0|TZ: 0|TZNOW: 0|\n`
}
