import { UPDATE_OPTIONS } from '../../../leads/update-options.ts'
import { KEY_NAMES } from '../../../leads/lead-key.ts'
import type { KnownFields } from './column-target.ts'

/** The name of a column whose header is empty: its number. */
const UNNAMED = /^#\d+$/

/** Names that tell columns apart: `#4` for a fourth one without a name, `Phone.2` for a second `Phone`. */
export function distinctNames(header: readonly string[]): readonly string[] {
  const taken = new Set(header)
  const counts = new Map<string, number>()
  return header.map((name, index) => {
    if (name === '') return `#${index + 1}`
    let count = (counts.get(name) ?? 0) + 1
    while (count > 1 && taken.has(`${name}.${count}`)) count++
    counts.set(name, count)
    const distinct = count > 1 ? `${name}.${count}` : name
    taken.add(distinct)
    return distinct
  })
}

export function isUnnamed(name: string): boolean {
  return UNNAMED.test(name)
}

/** Other names for what the API has, which mean nothing else. */
const SYNONYMS: Readonly<Record<string, string>> = {
  zip: 'postal_code',
  zip_code: 'postal_code',
  zipcode: 'postal_code',
  postcode: 'postal_code',
  post_code: 'postal_code',
  e_mail: 'email',
  email_address: 'email',
  e_mail_address: 'email',
  firstname: 'first_name',
  lastname: 'last_name',
  surname: 'last_name',
  dob: 'date_of_birth',
  birth_date: 'date_of_birth',
  birthdate: 'date_of_birth',
  phonenumber: 'phone_number',
  leadid: 'lead_id'
}

/** What a name is likely to mean. It may mean something else, so that somebody has to decide. */
const LIKELY: Readonly<Record<string, string>> = {
  address: 'address1',
  street: 'address1',
  street_address: 'address1',
  note: 'comments',
  notes: 'comments',
  comment: 'comments',
  lead: 'lead_id',
  phone: 'phone_number',
  telephone: 'phone_number',
  lead_status: 'status',
  disposition: 'status',
  dispo: 'status',
  given_name: 'first_name',
  family_name: 'last_name'
}

/** The API's name for a column that is only spelled in another way: `Phone Number`, `ZIP`, `E-Mail`. */
export function sameName(column: string, known: KnownFields): string | undefined {
  const name = normalize(column)
  const names = [...KEY_NAMES, ...known.fields.keys(), ...UPDATE_OPTIONS]
  return names.find((one) => one === name) ?? own(SYNONYMS, name)
}

/** A name to suggest for an unknown one. Undefined if none is safe. */
export function likelyName(column: string, known: KnownFields, customPrefix: string): string | undefined {
  const name = normalize(column)
  const custom = known.customFields.map((label) => customPrefix + label)
  const names = [...KEY_NAMES, ...known.fields.keys(), ...custom, ...UPDATE_OPTIONS]
  const likely = own(SYNONYMS, name) ?? own(LIKELY, name)
  return likely ?? names.find((one) => isTypo(name, normalize(one)))
}

function own(names: Readonly<Record<string, string>>, name: string): string | undefined {
  return Object.hasOwn(names, name) ? names[name] : undefined
}

/** Characters that nobody sees. */
const INVISIBLE = /[\u00AD\u200B-\u200F\u202A-\u202E\u2060-\u2064\uFEFF]/g

function normalize(name: string): string {
  return name
    .replaceAll(INVISIBLE, '')
    .trim()
    .toLowerCase()
    .replaceAll(/[\s_-]+/g, '_')
}

/** Shorter names are too much alike: `stage` is not `state`. */
const MIN_TYPO_LENGTH = 6

/** Whether two names differ by one letter too many, or by two neighbors in the other order. */
function isTypo(a: string, b: string): boolean {
  const [short, long] = a.length <= b.length ? [a, b] : [b, a]
  if (short.length < MIN_TYPO_LENGTH || long.length > short.length + 1) return false
  let start = 0
  while (start < short.length && short[start] === long[start]) start++
  if (long.length > short.length)
    return short.slice(start) === long.slice(start + 1) && !/\d/.test(long[start] ?? '')
  const swapped = (short[start + 1] ?? '') + (short[start] ?? '')
  return start < short.length && swapped + short.slice(start + 2) === long.slice(start)
}
