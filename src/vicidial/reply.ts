import { MAX_LEAD_ID } from '../leads/lead-key.ts'
import { type ErrorKind, errorKindOf } from './error-kind.ts'

/**
 * Reads the text that comes back from VICIdial. It is hostile: it may be HTML, half a reply or megabytes of noise, and a
 * refused login echoes the password. So only lead ids and the meaning are passed on.
 */

/** Error codes for what VICIdial, or the way to it, refused. */
export type UpstreamCode =
  | 'list_not_found'
  | 'list_not_allowed'
  | 'field_unknown'
  | 'characters_lost'
  | 'unsafe_characters'
  | 'upstream_login_failed'
  | 'upstream_locked_out'
  | 'upstream_permission_denied'
  | 'upstream_error'
  | 'upstream_unproven'
  | 'upstream_unavailable'
  | 'upstream_timeout'

/** What VICIdial said of the custom fields of an `update_lead`; `unsaid` if it said nothing. */
export type CustomFieldsReply = 'stored' | 'not_defined' | 'disabled' | 'unsaid'

/**
 * What VICIdial must have read to find nothing there: its leads, its lists, the account's rights, the custom fields. With
 * PHP 7 a SELECT that fails reads as one that finds nothing.
 */
export type Basis = 'leads' | 'lists' | 'rights' | 'custom_fields'

export type UpdateReply =
  /** VICIdial found these leads and set the values. */
  | {
      readonly kind: 'updated'
      readonly leads: ReadonlySet<number>
      readonly customFields: CustomFieldsReply
      /** Present if VICIdial did not find the custom fields that the call sets. */
      readonly basis?: 'custom_fields'
    }
  | NotFound
  | Refused
  | NotMade
  | Unclear

/** Nothing was changed: these leads do not exist or, if `leads` is empty, nothing that the call asked for does. */
export interface NotFound {
  readonly kind: 'not_found'
  readonly leads: ReadonlySet<number>
  readonly basis: Basis
}

/** VICIdial, or the server in front of it, refused the call. Nothing was changed, and a repeat would not help. */
export interface Refused {
  readonly kind: 'refused'
  readonly code: UpstreamCode
  readonly detail: string
  /** Absent if no failed SELECT reads so. */
  readonly basis?: Basis
}

/** VICIdial said that it has not what the call asks for, but has not shown that it can find. Nothing was changed. */
export interface Unproven {
  readonly kind: 'unproven'
  readonly code: 'upstream_unproven'
  readonly detail: string
}

/** A database error before the change, or a server that let no call through. Nothing was changed, and a repeat may help. */
export interface NotMade {
  readonly kind: 'not_made'
  readonly detail: string
}

/** A reply that does not say what happened. The change may have been made; a repeat is safe. */
export interface Unclear {
  readonly kind: 'unclear'
  readonly detail: string
}

/** An empty reply. Any broken server can give it, so it says nothing about the values. */
export const NOTHING_DONE: Refused = {
  kind: 'refused',
  code: 'upstream_error',
  detail: 'VICIdial answered with nothing, which means that nothing was done.',
  basis: 'custom_fields'
}

/** A server before VICIdial, such as a web application firewall, refused the call: perhaps for a value in it. */
export const REFUSED_ON_THE_WAY: Refused = {
  kind: 'refused',
  code: 'upstream_error',
  detail: 'A server before VICIdial refused the call (HTTP 403 or 406), perhaps for a value in it.'
}

/** An empty reply of a VICIdial that works: it can use no value of the call, or its list has none of the custom fields. */
export const NOTHING_USABLE: Refused = {
  kind: 'refused',
  code: 'characters_lost',
  detail: 'VICIdial can use none of these values: it answered with nothing, though it works.'
}

interface Line {
  readonly type: 'SUCCESS' | 'NOTICE' | 'ERROR'
  readonly text: string
}

const STATUS_LINE = /^(SUCCESS|NOTICE|ERROR): ?(.*)$/
const REFUSED_LOGIN = /^ERROR: (?:Login incorrect|Too many login attempts)/
const STATUS_WORDS = ['SUCCESS: ', 'NOTICE: ', 'ERROR: ']
const IDS = /^\d+(?:,\d+)*$/
/** A whole number as VICIdial writes it; longer ones would lose digits. */
const NUMBER = /^(?:0|[1-9]\d{0,14})$/

/** Request Timeout, Too Early, Too Many Requests: statuses of a server before VICIdial that a repeat may better. */
const NOT_NOW: ReadonlySet<number> = new Set([408, 425, 429])
/** What PHP 7 may print when a SELECT has failed; the error that follows it then says nothing. */
const FAILED_QUERY = /mysqli_\w{1,30}\(\) expects parameter 1 to be mysqli_result/
/** What VICIdial prints when it cannot connect to its database; it has done nothing then. */
const NO_CONNECTION = /^MySQL connect ERROR/m
/** What VICIdial prints when it could not write custom fields. */
const NOT_EXECUTED = /^Could not execute: /m
/** VICIdial could not connect to its database, or read it, and said so. */
export const NO_DATABASE: NotMade = { kind: 'not_made', detail: 'VICIdial could not read its database.' }

const NOT_PERMITTED = {
  code: 'upstream_permission_denied',
  detail: "VICIdial does not permit this to the gateway's account.",
  basis: 'rights'
} as const
const UNKNOWN_ERROR = {
  code: 'upstream_error',
  detail: 'VICIdial refused the call in words that are not known.'
} as const
/** What an error means for a call that updates or looks up leads. */
const ERRORS: Readonly<Record<ErrorKind, Omit<Refused, 'kind'> | Omit<NotFound, 'leads'>>> = {
  login_incorrect: {
    code: 'upstream_login_failed',
    detail: "VICIdial refused the login of the gateway's account."
  },
  locked_out: {
    code: 'upstream_locked_out',
    detail: "VICIdial locked the gateway's account out for 15 minutes."
  },
  ip_blocked: {
    code: 'upstream_permission_denied',
    detail: "VICIdial's IP list forbids the gateway's address.",
    basis: 'rights'
  },
  group_missing: { ...UNKNOWN_ERROR, basis: 'rights' },
  function_not_allowed: NOT_PERMITTED,
  no_permission: NOT_PERMITTED,
  function_unknown: { code: 'upstream_error', detail: 'This VICIdial does not know the function.' },
  invalid_source: { code: 'upstream_error', detail: 'VICIdial does not take the source.' },
  not_found: { kind: 'not_found', basis: 'leads' },
  no_allowed_leads: { kind: 'not_found', basis: 'lists' },
  list_unknown: { code: 'list_not_found', detail: 'VICIdial has no list with this id.', basis: 'lists' },
  list_not_allowed: {
    code: 'list_not_allowed',
    detail: "The gateway's VICIdial account may not use this list.",
    basis: 'lists'
  },
  list_not_found: UNKNOWN_ERROR,
  custom_fields_disabled: UNKNOWN_ERROR,
  nothing_asked: {
    code: 'upstream_error',
    detail: 'VICIdial read no leads: it may not know the configured VICIDIAL_DIALECT.'
  },
  search_invalid: UNKNOWN_ERROR,
  leads_data_invalid: { code: 'upstream_error', detail: 'VICIdial could not read leads_data.' }
}

/** What a call asks for. */
export interface Asked {
  readonly function: string
  readonly leads: ReadonlySet<number>
}

/** The reply to another call, as a server on the way may send it. */
const OTHER_CALL: Unclear = { kind: 'unclear', detail: 'VICIdial answered a call that was not made.' }
const CONTRADICTION: Unclear = { kind: 'unclear', detail: 'VICIdial named different leads for one key.' }
/** A line that names a function, as most do. */
const NAMES_FUNCTION = /^[a-z_]*lead[a-z_]* /

/**
 * Reads the reply to `batch_update_lead` or `update_lead`.
 * @param httpStatus HTTP status; a 5xx with a SUCCESS line means that the update was made and something after failed
 * @param text the body, as far as it arrived
 * @param asked what the call asked for; a reply about anything else is unclear. Absent: the call asked for no leads
 */
export function readUpdateReply(httpStatus: number, text: string, asked?: Asked): UpdateReply {
  const lines = statusLines(text)
  const reply = readStatusLines(httpStatus, text, lines)
  if (asked === undefined || (reply.kind !== 'updated' && reply.kind !== 'not_found')) return reply
  const isAbout =
    reply.leads.isSubsetOf(asked.leads) && lines.complete.every((line) => isFrom(line, asked.function))
  return isAbout ? reply : OTHER_CALL
}

/** Whether a function can have written a line. */
function isFrom({ type, text }: Line, name: string): boolean {
  return text.startsWith(`${name} `) || (type !== 'SUCCESS' && !NAMES_FUNCTION.test(text))
}

function readStatusLines(
  httpStatus: number,
  text: string,
  lines: { readonly complete: readonly Line[]; readonly cut: boolean }
): UpdateReply {
  // A whole reply that ends in half a line was cut in transit; with a 500 VICIdial itself broke off after the update.
  if (lines.cut && httpStatus === 200) return readOther(httpStatus, text, true)
  if (NOT_EXECUTED.test(text))
    return { kind: 'unclear', detail: 'VICIdial could not write the custom fields to its database.' }
  const leads = new Set<number>()
  let customFields: CustomFieldsReply = 'unsaid'
  for (const { type, text: line } of lines.complete) {
    if (type === 'SUCCESS') {
      const updated = readSuccess(line)
      if (updated === 'failed')
        return { kind: 'not_made', detail: 'VICIdial could not write to its database.' }
      if (updated === undefined)
        return { kind: 'unclear', detail: 'VICIdial answered that it is done, but not completely.' }
      for (const lead of updated) leads.add(lead)
    } else if (type === 'NOTICE' && line.includes('CUSTOM FIELDS')) {
      customFields = readCustomFields(line)
      if (customFields !== 'stored') continue
      const [id] = readLeadIds([line.split('|')[1] ?? '']) ?? []
      if (id === undefined) return { kind: 'unclear', detail: 'VICIdial named a lead by an id that is none.' }
      leads.add(id)
    }
  }
  if (leads.size > 0) return { kind: 'updated', leads, customFields }
  if (customFields !== 'unsaid') {
    const detail = "The lead's list has no such custom fields."
    return { kind: 'refused', code: 'field_unknown', detail, basis: 'custom_fields' }
  }
  const error = errorOf(lines.complete)
  if (error) return readError(error.text, text)
  return readOther(httpStatus, text, lines.cut)
}

/** The error of a reply: a refused login, wherever it is, or the first one. */
function errorOf(lines: readonly Line[]): Line | undefined {
  const errors = lines.filter(({ type }) => type === 'ERROR')
  return errors.find(({ text }) => REFUSED_LOGIN.test(`ERROR: ${text}`)) ?? errors[0]
}

/** The status lines of a body. A line without its end was cut off and is not trusted. */
function statusLines(text: string): { complete: Line[]; cut: boolean } {
  const lines = text.split('\n')
  const rest = lines.pop() ?? ''
  const complete: Line[] = []
  for (const line of lines) {
    const match = STATUS_LINE.exec(line.trimEnd())
    if (match) complete.push({ type: match[1] as Line['type'], text: match[2] ?? '' })
  }
  // A refused login must never be tried twice: it counts even if the rest of the reply was cut off.
  if (REFUSED_LOGIN.test(rest)) complete.push({ type: 'ERROR', text: rest })
  const cut =
    !REFUSED_LOGIN.test(rest) &&
    rest !== '' &&
    STATUS_WORDS.some((word) => rest.startsWith(word) || word.startsWith(rest))
  return { complete, cut }
}

/**
 * Reads `… - USER|CHANGED|FOUND|id,id` (measured), `… - USER|COUNT|id,id` (the official text) and
 * `… - USER|LEAD|CHANGED|||` (`update_lead`). A count of -1 is a failed UPDATE on older PHP.
 */
function readSuccess(line: string): number[] | 'failed' | undefined {
  const parts = line.split('|')
  if (line.startsWith('update_lead')) {
    const [, lead = '', changed] = parts
    if (changed === '-1') return 'failed'
    return changed === undefined ? undefined : readLeadIds([lead])
  }
  const ids = parts.at(-1) ?? ''
  if (parts[1] === '-1') return 'failed'
  if ((parts.length !== 3 && parts.length !== 4) || !IDS.test(ids)) return undefined
  const leads = readLeadIds(ids.split(','))
  return parts.length === 4 && readNumber(parts[2]) !== leads?.length ? undefined : leads
}

/** Reads the ids of leads, each once; undefined if one isn't an id that VICIdial can have given. */
function readLeadIds(texts: readonly string[]): number[] | undefined {
  const ids = new Set<number>()
  for (const text of texts) {
    const id = readNumber(text)
    if (id === undefined || id < 1 || id > MAX_LEAD_ID) return undefined
    ids.add(id)
  }
  return ids.size === texts.length ? [...ids] : undefined
}

function readNumber(text = ''): number | undefined {
  return NUMBER.test(text) ? Number(text) : undefined
}

function readCustomFields(line: string): CustomFieldsReply {
  if (line.includes('VALUES UPDATED')) return 'stored'
  return line.includes('DISABLED') ? 'disabled' : 'not_defined'
}

/** @param text the whole reply */
function readError(line: string, text: string): Refused | NotFound | NotMade {
  const kind = errorKindOf(line)
  const isLogin = kind === 'login_incorrect' || kind === 'locked_out'
  if (!isLogin && FAILED_QUERY.test(text)) return NO_DATABASE
  const meaning = kind === undefined ? UNKNOWN_ERROR : ERRORS[kind]
  if (!('kind' in meaning)) return { kind: 'refused', ...meaning }
  const ids = line.split('|').find((part, index) => index > 1 && IDS.test(part)) ?? ''
  return { ...meaning, leads: new Set(readLeadIds(ids.split(','))) }
}

function readOther(httpStatus: number, text: string, cut: boolean): Refused | NotMade | Unclear {
  const empty = text.trim() === ''
  if (NO_CONNECTION.test(text)) return NO_DATABASE
  if (httpStatus === 500 && empty) return { kind: 'not_made', detail: 'VICIdial failed with HTTP 500.' }
  if (httpStatus === 200 && empty) return NOTHING_DONE
  if (NOT_NOW.has(httpStatus)) {
    const detail = `A server before VICIdial did not let the call through for now (HTTP ${httpStatus}).`
    return { kind: 'not_made', detail }
  }
  if (httpStatus === 403 || httpStatus === 406) return REFUSED_ON_THE_WAY
  if (httpStatus >= 300 && httpStatus < 500) {
    const detail = `VICIDIAL_URL answered with HTTP ${httpStatus}: it is not a VICIdial API, or something before it refuses.`
    return { kind: 'refused', code: 'upstream_error', detail }
  }
  const what = cut ? 'with half an answer' : 'with something that is not a VICIdial answer'
  return { kind: 'unclear', detail: `VICIdial answered ${what} (HTTP ${httpStatus}).` }
}

export type SearchReply =
  /** The lead ids of each key, newest first; empty for a key without a lead. */
  | { readonly kind: 'found'; readonly leads: ReadonlyMap<string, readonly number[]> }
  /** The rows reached the look-up's limit: keys may seem absent, or have more leads. */
  | { readonly kind: 'limit_reached'; readonly leads: ReadonlyMap<string, readonly number[]> }
  /** No key has a lead. */
  | NotFound
  | Refused
  | NotMade
  | Unclear

/**
 * Reads the reply to `lead_search`: a line `KEY|COUNT|id-id` per key. Keys may contain a pipe, so a line is read from
 * its end. A reply that omits a key, whose count differs from its list, that names other leads for a key in another line, or
 * that is about other keys is not trusted.
 * @param limit the rows that the look-up allowed in total
 */
export function readSearchReply(
  httpStatus: number,
  text: string,
  keys: readonly string[],
  limit: number
): SearchReply {
  const rows = new Map<string, number[]>()
  let total = 0
  for (const line of text.split('\n').slice(0, -1)) {
    const row = /^(.*)\|(\d+)\|((?:\d+(?:-\d+)*)?)$/s.exec(line)
    const ids = row?.[3] ? readLeadIds(row[3].split('-')) : []
    if (row?.[1] === undefined || readNumber(row[2]) !== ids?.length || ids === undefined) continue
    if (rows.has(row[1]) && String(rows.get(row[1])) !== String(ids)) return CONTRADICTION
    rows.set(row[1], ids)
    total += ids.length
  }
  // With a line for each key it is whole, even if VICIdial failed after it (HTTP 500: its API log cannot be written).
  if (keys.every((key) => rows.has(key))) {
    return { kind: total >= limit ? 'limit_reached' : 'found', leads: rows }
  }
  const error = errorOf(statusLines(text).complete)
  if (error === undefined) return readOther(httpStatus, text, text !== '' && !text.endsWith('\n'))
  const refused = readError(error.text, text)
  if (refused.kind !== 'not_found') return refused
  // VICIdial repeats the keys, with spaces for pluses.
  const isAbout = error.text.includes(keys[0]?.replaceAll('+', ' ') ?? '')
  return isAbout ? { ...refused, leads: new Set() } : OTHER_CALL
}
