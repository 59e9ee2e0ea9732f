/** The release that the sandbox answers as. It doesn't know functions that came later. */
export interface Release {
  /** As `2.14-202`. */
  readonly version: string
  /** As `250720-1841`: date and time. */
  readonly build: string
}

/** The release that was measured (CONTRACT.md). */
export const MEASURED: Release = { version: '2.14-202', build: '250720-1841' }

/**
 * The reply of `version`, which needs no login. The sandbox keeps UTC.
 *
 * @param now ms since the epoch
 */
export function versionLine({ version, build }: Release, now: number): string {
  const date = new Date(now).toISOString().slice(0, 19).replace('T', ' ')
  return `VERSION: ${version}|BUILD: ${build}|DATE: ${date}|EPOCH: ${Math.floor(now / 1000)}|DST: 0|TZ: |TZNOW: 0|`
}
