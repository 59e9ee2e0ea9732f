/** The release that was measured, and that this gateway is made for. */
export const MEASURED = { version: '2.14-202', build: '250720-1841' } as const

/** A known difference of older builds. */
export interface Difference {
  /** The first build without the difference, as `YYMMDD-HHMM`. */
  readonly since: string
  readonly before: string
  /** Whether the gateway is useless with such a build. */
  readonly isFatal?: true
}

/** From the changelog in the header of non_agent_api.php. */
const DIFFERENCES: readonly Difference[] = [
  {
    since: '210917-1615',
    before: 'batch_update_lead does not exist, with which the gateway makes nearly every update',
    isFatal: true
  },
  {
    since: '211027-0845',
    before: 'lead_search does not exist: no update can name its lead by vendor_lead_code or phone_number'
  },
  {
    since: '211217-0733',
    before: 'the API was not ready for PHP 8: on it, calls can fail with HTTP 500'
  },
  {
    since: '230308-1758',
    before: 'update_lead had a fault in phone numbers of leads of accounts with restricted lists'
  },
  { since: '241127-2148', before: 'updates of custom fields had a fault' }
]

/** Whether a build is older than another one, both as `YYMMDD-HHMM`. */
export function isBefore(build: string, other: string): boolean {
  return build < other
}

/** The known differences of a build. If some are fatal, only those. */
export function differencesOf(build: string): Difference[] {
  const differences = DIFFERENCES.filter(({ since }) => isBefore(build, since))
  const fatal = differences.filter(({ isFatal }) => isFatal)
  return fatal.length > 0 ? fatal : differences
}
