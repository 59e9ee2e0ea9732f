import type { UseNonLatin } from '../database/fixture.ts'
import type { BuildRules } from './builds.ts'
import { type Php, UNKNOWN_LETTERS } from './php.ts'

interface Rule {
  /** The characters to delete, by `use_non_latin`. */
  readonly dropped: readonly [RegExp, RegExp]
  readonly plusIsSpace: boolean
  /** Whether it keeps everything that PHP counts as a letter if `use_non_latin` is 1. */
  readonly keepsLetters: boolean
}

const PLUS_IS_SPACE = true

/** Keeps letters, digits and the given characters. */
function letters(alsoKept: string, plusIsSpace = false): Rule {
  return {
    dropped: [new RegExp(`[^0-9A-Za-z${alsoKept}]`, 'g'), new RegExp(`[^0-9\\p{L}${alsoKept}]`, 'gu')],
    plusIsSpace,
    keepsLetters: true
  }
}

/** Keeps only the given characters, with either setting of `use_non_latin`. */
function only(kept: string): Rule {
  const dropped = new RegExp(`[^${kept}]`, 'g')
  return { dropped: [dropped, dropped], plusIsSpace: false, keepsLetters: false }
}

function allBut(dropped: string): Rule {
  const pattern = new RegExp(`[${dropped}]`, 'g')
  return { dropped: [pattern, pattern], plusIsSpace: PLUS_IS_SPACE, keepsLetters: false }
}

/**
 * What VICIdial keeps of each parameter (measured). It cleans all parameters before it reads any of them, so
 * `function=version!` is `version`.
 */
const RULES = {
  function: only('-_0-9A-Za-z'),
  source: letters(''),
  user: letters('_-'),
  pass: letters('_-'),
  records: only('0-9'),
  lead_id: only('0-9'),
  field_name: letters('_-'),
  lead_ids: only(',0-9'),
  list_id: only('0-9'),
  entry_list_id: only('0-9'),
  search_method: only('-_0-9A-Za-z'),
  search_location: only('A-Z'),
  header: only('0-9A-Za-z'),
  stage: only('-_0-9A-Za-z'),
  archived_lead: only('0-9A-Za-z'),
  leads_counts: only('-_0-9A-Za-z'),
  list_exists_check: only('0-9A-Za-z'),
  duplicate_check: only('-_0-9A-Za-z'),
  dnc_check: only('A-Z'),
  campaign_dnc_check: only('A-Z'),
  usacan_prefix_check: only('A-Z'),
  usacan_areacode_check: only('A-Z'),
  nanpa_ac_prefix_check: only('A-Z'),
  tz_method: only('-_0-9A-Za-z'),
  lookup_state: only('A-Z'),
  insert_if_not_found: only('A-Z'),
  multi_alt_phones: letters(' !:_-', PLUS_IS_SPACE),
  custom_fields: only('0-9A-Za-z'),
  no_update: only('A-Z'),
  delete_lead: only('A-Z'),
  reset_lead: only('A-Z'),
  add_to_hopper: only('A-Z'),
  remove_from_hopper: letters(''),
  hopper_priority: only('-0-9'),
  hopper_local_call_time_check: only('A-Z'),
  campaign_id: letters('_-'),
  callback: only('A-Z'),
  callback_type: only('A-Z'),
  callback_datetime: only('- +.:/@_0-9A-Za-z'),
  callback_status: letters('_-'),
  callback_user: letters('_-'),
  callback_comments: letters(' +.:/@_-'),
  update_phone_number: only('A-Z'),
  // The comma is for the lists of lead_search; update_lead stores it.
  phone_number: only(',0-9'),
  status: letters('_-'),
  user_field: letters('_-'),
  vendor_lead_code: allBut(';#"'),
  source_id: allBut(';#"'),
  comments: allBut(';#"'),
  title: letters(" '_.-"),
  first_name: letters(" '_.-", PLUS_IS_SPACE),
  last_name: letters(" '_.-", PLUS_IS_SPACE),
  middle_initial: letters('_-'),
  address1: letters(" '.:/@_-", PLUS_IS_SPACE),
  address2: letters(" '.:/@_-", PLUS_IS_SPACE),
  address3: letters(" '.:/@_-", PLUS_IS_SPACE),
  city: letters(" '.:/@_-", PLUS_IS_SPACE),
  state: letters(' -'),
  province: letters(" '._-", PLUS_IS_SPACE),
  postal_code: letters(" '-", PLUS_IS_SPACE),
  country_code: letters('_-'),
  gender: only('A-Z'),
  date_of_birth: only('-0-9'),
  alt_phone: letters(" '_.-", PLUS_IS_SPACE),
  email: letters(" '.:/@%_-", PLUS_IS_SPACE),
  security_phrase: letters(" '.:/@_-", PLUS_IS_SPACE),
  owner: letters(" '.:/@_-", PLUS_IS_SPACE),
  rank: only('0-9'),
  called_count: only('0-9'),
  phone_code: only('0-9'),
  list_id_field: only('0-9'),
  gmt_offset_now: only('-_.0-9')
} satisfies Record<string, Rule>

/** A parameter that VICIdial reads, except custom-field labels, which an operator chooses. */
export type ParameterName = keyof typeof RULES

type Rules = Readonly<Record<ParameterName, Rule>>

const AS_SENT: Rule = { dropped: [/(?!)/g, /(?!)/g], plusIsSpace: false, keepsLetters: false }
const WITH_QUOTES = allBut(';#')

/** Before `cleansAllValues`, if `use_non_latin` is 0. */
const OLD_LATIN_RULES: Rules = {
  ...RULES,
  status: AS_SENT,
  vendor_lead_code: WITH_QUOTES,
  source_id: WITH_QUOTES,
  comments: WITH_QUOTES,
  country_code: only('A-Z')
}

/** The parameters that are cleaned, before `cleansAllValues`, if `use_non_latin` is 1. */
const OLD_CLEANED: Partial<Rules> = {
  user: RULES.user,
  pass: RULES.pass,
  source: letters('_-'),
  lead_id: RULES.lead_id,
  lead_ids: RULES.lead_ids,
  list_id: RULES.list_id,
  list_id_field: RULES.list_id_field,
  list_exists_check: RULES.list_exists_check
}

/** What VICIdial keeps of a value. It doesn't cut the length; the columns do. */
export type Clean = (name: ParameterName, value: string) => string

export function cleaning(build: BuildRules, php: Php, useNonLatin: UseNonLatin): Clean {
  const ruleOf = rulesOf(build, useNonLatin)
  const unknownLetters = UNKNOWN_LETTERS[php]
  return (name, value) => {
    const { dropped, plusIsSpace, keepsLetters } = ruleOf(name)
    const text = (plusIsSpace ? value.replaceAll('+', ' ') : value).replace(dropped[useNonLatin], '')
    return keepsLetters && useNonLatin === 1 ? text.replace(unknownLetters, '') : text
  }
}

function rulesOf(build: BuildRules, useNonLatin: UseNonLatin): (name: ParameterName) => Rule {
  if (build.cleansAllValues) return (name) => RULES[name]
  if (useNonLatin === 0) return (name) => OLD_LATIN_RULES[name]
  const keys = { phone_number: RULES.phone_number, vendor_lead_code: WITH_QUOTES }
  const cleaned = { ...OLD_CLEANED, ...(build.cleansKeysInMode1 && keys) }
  return (name) => cleaned[name] ?? AS_SENT
}
