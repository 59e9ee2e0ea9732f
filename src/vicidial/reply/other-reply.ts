import { type ErrorKind, errorKindOf } from './error-kind.ts'
import { readLeadIds } from './lead-ids.ts'
import {
  NO_DATABASE,
  NOTHING_DONE,
  type NotFound,
  type NotMade,
  type Refused,
  REFUSED_ON_THE_WAY,
  type Unclear
} from './reply.ts'

/** Request Timeout, Too Early, Too Many Requests: a server before VICIdial may let a repeat through. */
const NOT_NOW: ReadonlySet<number> = new Set([408, 425, 429])
/** What PHP 7 may print when a SELECT has failed; the error that follows it then says nothing. */
const FAILED_QUERY = /mysqli_\w{1,30}\(\) expects parameter 1 to be mysqli_result/
/** What VICIdial prints when it cannot connect to its database; it has done nothing then. */
const NO_CONNECTION = /^MySQL connect ERROR/m
/** Ids as an error names them. */
const IDS = /^\d+(?:,\d+)*$/

const NOT_PERMITTED = {
  code: 'upstream_permission_denied',
  detail: "VICIdial does not permit this to the gateway's account."
} as const
const UNKNOWN_ERROR = {
  code: 'upstream_error',
  detail: 'VICIdial refused the call with an unknown error.'
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
    detail: "VICIdial's IP list forbids the gateway's address."
  },
  group_missing: UNKNOWN_ERROR,
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
  list_of_lead_not_found: {
    code: 'lead_unreadable',
    detail: "VICIdial reads no lead of a list that is not defined, or not the account's.",
    basis: 'lists'
  },
  custom_fields_disabled: UNKNOWN_ERROR,
  nothing_asked: {
    code: 'upstream_error',
    detail: 'VICIdial read no leads: it may not know the configured VICIDIAL_DIALECT.'
  },
  search_invalid: UNKNOWN_ERROR,
  leads_data_invalid: { code: 'upstream_error', detail: 'VICIdial could not read leads_data.' }
}

/** Whether VICIdial has printed that it could not read its database. */
export function isDatabaseFault(text: string): boolean {
  return FAILED_QUERY.test(text) || NO_CONNECTION.test(text)
}

/**
 * Reads an error line.
 * @param text the whole reply
 */
export function readError(line: string, text: string): Refused | NotFound | NotMade {
  const kind = errorKindOf(line)
  const isLogin = kind === 'login_incorrect' || kind === 'locked_out'
  if (!isLogin && FAILED_QUERY.test(text)) return NO_DATABASE
  const meaning = kind === undefined ? UNKNOWN_ERROR : ERRORS[kind]
  if (!('kind' in meaning)) return { kind: 'refused', ...meaning }
  const ids = line.split('|').find((part, index) => index > 1 && IDS.test(part)) ?? ''
  return { ...meaning, leads: new Set(readLeadIds(ids.split(','))) }
}

/** Reads a reply that has neither a result nor an error line. */
export function readOther(httpStatus: number, text: string, isCut: boolean): Refused | NotMade | Unclear {
  const empty = text.trim() === ''
  if (NO_CONNECTION.test(text)) return NO_DATABASE
  if (httpStatus === 500 && empty) return { kind: 'not_made', detail: 'VICIdial failed with HTTP 500.' }
  if (httpStatus === 200 && empty) return NOTHING_DONE
  if (NOT_NOW.has(httpStatus)) {
    const detail = `A server before VICIdial did not let the call through (HTTP ${httpStatus}); it may later.`
    return { kind: 'not_made', detail }
  }
  if (httpStatus === 403 || httpStatus === 406) return REFUSED_ON_THE_WAY
  if (httpStatus >= 300 && httpStatus < 500) {
    const detail = `VICIDIAL_URL answered with HTTP ${httpStatus}: it is not a VICIdial API, or something before it refuses.`
    return { kind: 'refused', code: 'upstream_error', detail }
  }
  const what = isCut ? 'with half an answer' : 'with something that is not a VICIdial answer'
  return { kind: 'unclear', detail: `VICIdial answered ${what} (HTTP ${httpStatus}).` }
}
