/** A VICIdial: its version, and its build as `YYMMDD-HHMM`. */
export interface Release {
  readonly version: string
  readonly build: string
}

/** The releases that were run to learn the rules below, newest first. */
export const RELEASES = [
  { version: '2.14-202', build: '250720-1841' },
  { version: '2.14-194', build: '241004-1518' },
  { version: '2.14-179', build: '230614-0828' },
  { version: '2.14-167', build: '220126-2116' },
  { version: '2.14-162', build: '211027-0845' },
  { version: '2.14-161', build: '210917-1615' }
] as const satisfies readonly Release[]

/** The release of the recorded exchanges. */
export const MEASURED: Release = RELEASES[0]

/**
 * What differs between builds: each rule holds from the given build on (docs/vicidial-builds.md says what it means).
 */
export const SINCE = {
  hasAddLead: '080724-0021',
  hasUpdateLead: '100718-0245',
  hasLeadFieldInfo: '160709-2233',
  hasLeadCallbackInfo: '181214-1606',
  hasListInfo: '191107-1143',
  hasAddDncPhone: '191113-1758',
  hasListCustomFields: '200331-1207',
  hasLeadAllInfo: '210316-2207',
  hasBatchUpdateLead: '210917-1615',
  hasLeadSearch: '211027-0845',
  cleansKeysInMode1: '211027-0845',
  readsLeadsByPhone: '211107-1556',
  endsUpdateReplyWithPipes: '211118-1946',
  runsOnPhp8: '211217-0733',
  cleansAllValues: '220223-0838',
  deletesChangedLeads: '220519-2206',
  quotesKeysDouble: '220223-0838',
  saysWhereListIsRefused: '230308-1758',
  readsArchive: '231109-0933',
  checksAltPhones: '240101-0920',
  hasDeleteDncPhone: '240302-0804',
  namesListNotFound: '240824-1626',
  hasHopperBulkInsert: '250720-1841'
} as const

/** Which rules a build follows. */
export type BuildRules = Readonly<Record<keyof typeof SINCE, boolean>>

export function rulesOf(build: string): BuildRules {
  const rules = Object.entries(SINCE).map(([rule, since]) => [rule, build >= since])
  return Object.fromEntries(rules) as BuildRules
}

/**
 * The release of a build; of a build that was not run, the next older one's version.
 *
 * @param build as `YYMMDD-HHMM`, or the date of a release above
 */
export function releaseOf(build: string): Release {
  const known = RELEASES.find((release) => release.build === build || release.build.startsWith(`${build}-`))
  if (known !== undefined) return known
  const older = RELEASES.find((release) => release.build < build) ?? RELEASES.at(-1)
  return { version: older?.version ?? '', build }
}
