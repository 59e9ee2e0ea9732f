import type { NonLatin } from '../leads/cleaning/column-text.ts'

/** The release that was measured, and that this gateway is made for. */
export const MEASURED = { version: '2.14-202', build: '250720-1841' } as const

/** A build as `version` gives it, `YYMMDD-HHMM`: sorted as text, builds are in the order of time. */
export const BUILD_PATTERN = '^[0-9]{6}-[0-9]{4}$'

/** What a build does differently from the measured one. */
export type BuildRuleId =
  | 'no_batch_update_lead'
  | 'no_lead_search'
  | 'keys_in_apostrophes'
  | 'php_7_only'
  | 'country_code_capitals'
  | 'forbidden_list_without_results'
  | 'custom_fields_fault'

/** One way in which some builds differ, and what the gateway does about it. */
export interface BuildRule {
  readonly id: BuildRuleId
  /** The first build with it; absent: every build before `until`. */
  readonly from?: string
  /** The first build without it. */
  readonly until: string
  /** The setting of `use_non_latin` that it needs; absent: either. */
  readonly mode?: NonLatin
  /** Whether an unknown build is assumed to have it. */
  readonly ifUnknown?: true
  /** Whether the gateway is useless with such a build. */
  readonly isFatal?: true
  /** What VICIdial does, as the end of a sentence. */
  readonly does: string
  /** What the gateway does, as a sentence; absent: nothing. */
  readonly gateway?: string
}

/** Every difference between builds that concerns the gateway. Read off non_agent_api.php, build by build. */
export const BUILD_RULES: readonly BuildRule[] = [
  {
    id: 'no_batch_update_lead',
    until: '210917-1615',
    isFatal: true,
    does: 'batch_update_lead does not exist; nearly every update needs it'
  },
  {
    id: 'no_lead_search',
    until: '211027-0845',
    does: 'lead_search does not exist: no update can name its lead by vendor_lead_code or phone_number',
    gateway: 'Such keys are refused (field_unknown).'
  },
  {
    id: 'keys_in_apostrophes',
    from: '211027-0845',
    until: '220223-0838',
    ifUnknown: true,
    does: "lead_search puts keys between apostrophes into its SQL: a key like O'Brien breaks the look-up of others, and can run SQL",
    gateway: 'Keys with an apostrophe are refused (unsafe_characters).'
  },
  {
    id: 'php_7_only',
    until: '211217-0733',
    does: 'the API does not run on PHP 8: every call fails with HTTP 500'
  },
  {
    id: 'country_code_capitals',
    until: '220223-0838',
    mode: 0,
    does: 'country_code keeps capital letters only, and emptying it stores BLA',
    gateway: 'Other characters in country_code are refused, and null too.'
  },
  {
    id: 'forbidden_list_without_results',
    until: '230308-1758',
    does: "update_lead names a lead's forbidden list in the words that batch_update_lead has for a target list",
    gateway: 'The lead counts as not found, as with later builds.'
  },
  {
    id: 'custom_fields_fault',
    until: '241127-2148',
    does: 'updates of custom fields have a fault (issue 1533 of VICIdial)'
  }
]

/** The rules of a build with this setting of `use_non_latin`; of an unknown one, those that must be assumed. */
export function rulesOf(build: string | undefined, mode: NonLatin): readonly BuildRule[] {
  return BUILD_RULES.filter((rule) => {
    if (rule.mode !== undefined && rule.mode !== mode) return false
    if (build === undefined) return rule.ifUnknown === true
    return (rule.from === undefined || build >= rule.from) && build < rule.until
  })
}
