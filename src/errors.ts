/** One code of the API: how it is answered, and what its page under `/problems/` says. */
export interface ErrorDescription {
  /** HTTP status of a request that ends with it; an update's own code has none. */
  readonly status?: number
  readonly title: string
  /** What it means and what to do about it, for people. */
  readonly help: string
}

/** Every code that an answer can hold. */
export const ERRORS = {
  invalid_json: {
    status: 400,
    title: 'The body is not valid JSON',
    help: 'Send one JSON document, encoded as UTF-8. The detail names the line and column where reading stopped.'
  },
  invalid_request: {
    status: 400,
    title: 'The request has the wrong form',
    help: 'Nothing was done. Each entry of errors points to a place in the body and says what belongs there.'
  },
  unauthenticated: {
    status: 401,
    title: 'No valid API key',
    help: 'Send the key as "Authorization: Bearer KEY" or "X-API-Key: KEY". The operator of this gateway gives keys out.'
  },
  permission_denied: {
    status: 403,
    title: 'The key does not permit this',
    help: 'Ask the operator for the permission that the detail names.'
  },
  not_found: {
    status: 404,
    title: 'Not found',
    help: 'There is no such address here, or no such lead in VICIdial. Check the path and the id.'
  },
  method_not_allowed: {
    status: 405,
    title: 'The address does not take this method',
    help: 'The header Allow and the detail name the methods that it takes.'
  },
  conflict: {
    status: 409,
    title: 'The request conflicts with another',
    help: 'With Retry-After: the first request with this Idempotency-Key is still in progress; wait, then repeat it. Without: the detail says why not, such as a job that has ended.'
  },
  lead_exists: {
    status: 409,
    title: 'The lead exists already',
    help: 'Nothing was added. The detail and the result name the leads that have the key: update one of them, or send on_missing "add" to update or add.'
  },
  precondition_failed: {
    status: 412,
    title: 'The lead has changed',
    help: 'The lead has changed since it was read. This request changed nothing. Read it again, and send the request with its new ETag.'
  },
  payload_too_large: {
    status: 413,
    title: 'The request is too large',
    help: 'Send the updates in parts: the detail says how many, or how many bytes, one request may have.'
  },
  unsupported_media_type: {
    status: 415,
    title: 'The body has a type that is not accepted here',
    help: 'Send "Content-Type: application/json". Webhooks also take forms, and text that contains JSON.'
  },
  idempotency_key_reused: {
    status: 422,
    title: 'The idempotency key was used for another request',
    help: 'Use a new Idempotency-Key for each new request; repeat one only with the same body.'
  },
  all_updates_rejected: {
    status: 422,
    title: 'Every update was rejected',
    help: 'Nothing was sent to VICIdial. Each result says why its update was refused.'
  },
  rate_limited: {
    status: 429,
    title: 'Too many requests',
    help: 'Wait for the seconds that Retry-After names.'
  },
  internal_error: {
    status: 500,
    title: 'The gateway failed',
    help: 'This is a fault of the gateway. Tell its operator the request id; its log says more. Repeating an update is safe.'
  },
  upstream_login_failed: {
    status: 502,
    title: 'VICIdial refused the login',
    help: 'The operator must check VICIDIAL_USER and VICIDIAL_PASS, that the user is active, and that its level is 8 or more. After a refusal the gateway makes no call for a minute, so that VICIdial does not lock the account.'
  },
  upstream_permission_denied: {
    status: 502,
    title: 'VICIdial does not permit this to the gateway',
    help: 'The operator must give the VICIdial user level 8, API access, modify leads and the functions batch_update_lead, update_lead and lead_search, and allow the address of the gateway in VICIdial’s IP list.'
  },
  upstream_error: {
    status: 502,
    title: 'VICIdial answered with an error',
    help: 'The detail says what is known. If retryable is true, the same update may be sent again.'
  },
  overloaded: {
    status: 503,
    title: 'The gateway cannot take more work now',
    help: 'Wait for the seconds that Retry-After names. A gateway that restarts gives the same answer.'
  },
  upstream_locked_out: {
    status: 503,
    title: 'VICIdial has locked the gateway out',
    help: 'VICIdial locks an account for 15 minutes after ten refused logins. The operator must find out who uses the account with a wrong password.'
  },
  upstream_unproven: {
    status: 503,
    title: 'VICIdial finds nothing, and may be unable to look',
    help: 'VICIdial said that it has no such lead or list, but it does not find one that it must have either. That happens while a table of its database is damaged or being repaired. Nothing was changed. Try again later; the operator should check VICIdial’s database.'
  },
  upstream_unavailable: {
    status: 503,
    title: 'VICIdial cannot be reached',
    help: 'Try again later. The operator should check VICIDIAL_URL, the network, and the web server of VICIdial.'
  },
  upstream_timeout: {
    status: 504,
    title: 'VICIdial did not answer in time',
    help: 'Updates that are failed were not sent. Updates that are unknown may have been made; sending them again is safe.'
  },
  lead_not_found: {
    title: 'No such lead',
    help: 'VICIdial knows no lead with this id or key, or the gateway’s VICIdial account may not touch the list it is in.'
  },
  lead_unreadable: {
    title: 'VICIdial does not read the lead',
    help: 'VICIdial reads no lead of a list that is not defined, or that is not in a campaign that the user group of the gateway’s VICIdial account allows. Updates may still reach such a lead.'
  },
  lead_ambiguous: {
    title: 'The key matches several leads',
    help: 'Name one of error.lead_ids by lead_id, or send on_multiple: "all" or "newest".'
  },
  field_unknown: {
    title: 'No such field',
    help: 'GET /v1/fields lists the fields of a lead. Columns go into fields; custom fields into custom_fields.'
  },
  field_invalid: {
    title: 'The value is not valid',
    help: 'The detail says what the field takes. To empty a field send null, not an empty string.'
  },
  field_too_long: {
    title: 'The value is too long',
    help: 'VICIdial would cut it silently, so it is refused. GET /v1/fields gives the longest length; a line break counts as two characters.'
  },
  field_not_clearable: {
    title: 'The field cannot be emptied',
    help: 'VICIdial cannot hold this field empty. Leave it out, or send a value.'
  },
  field_not_allowed: {
    title: 'The field may not be set',
    help: 'The operator has not given the caller this field, status or look-up key, or has not listed this custom field.'
  },
  characters_lost: {
    title: 'VICIdial would lose characters of the value',
    help: 'The gateway never alters identifiers, and never sends a value of which VICIdial would keep nothing. GET /v1/fields says which characters a field keeps.'
  },
  unsafe_characters: {
    title: 'The value holds characters that are never sent to VICIdial',
    help: 'Backslashes and line breaks in identifiers, control characters, halves of surrogate pairs, more than 30 combining marks in a row and the text --BLANK-- are refused; with some builds of VICIdial, apostrophes in look-up keys too.'
  },
  no_changes: {
    title: 'The update changes nothing',
    help: 'Give at least one field, custom field, or reset_called: true.'
  },
  list_not_found: {
    title: 'VICIdial has no such list',
    help: 'Check list_id. allow_undefined_list: true lets VICIdial move a lead to a list that does not exist; a lead is never added to such a list.'
  },
  list_not_allowed: {
    title: 'Leads may not be moved or added to this list',
    help: 'The operator has not given the caller this list, or the VICIdial account of the gateway is restricted to others.'
  }
} as const satisfies Record<string, ErrorDescription>

export type ErrorCode = keyof typeof ERRORS
/** The codes that a request can end with. */
export type RequestCode = {
  [Code in ErrorCode]: (typeof ERRORS)[Code] extends { status: number } ? Code : never
}[ErrorCode]

/** A place in the request and what is wrong there. */
export interface FieldError {
  readonly pointer: string
  readonly code: string
  readonly detail: string
}

/** A problem's `errors` holds so many at most; `errors_count` counts all. */
const MAX_LISTED_ERRORS = 100

/** A request that ends with a problem (RFC 9457). Thrown anywhere below a route; one handler answers. */
export class Problem extends Error {
  readonly code: RequestCode
  readonly status: number
  /** Members of the problem body beside the standard ones. */
  readonly extra: Readonly<Record<string, unknown>>
  readonly headers: Readonly<Record<string, string>>

  constructor(
    code: RequestCode,
    detail: string,
    options: {
      /** Instead of the code's own. */
      status?: number
      extra?: Record<string, unknown>
      headers?: Record<string, string>
      errors?: readonly FieldError[]
    } = {}
  ) {
    super(detail)
    this.name = 'Problem'
    this.code = code
    this.status = options.status ?? ERRORS[code].status
    this.headers = options.headers ?? {}
    const { errors } = options
    this.extra = {
      ...(errors ? { errors: errors.slice(0, MAX_LISTED_ERRORS), errors_count: errors.length } : {}),
      ...options.extra
    }
  }

  /** The body: `instance` is the request's id. */
  toBody(instance: string): Record<string, unknown> {
    return {
      type: `/problems/${this.code}`,
      title: ERRORS[this.code].title,
      status: this.status,
      detail: this.message,
      instance,
      code: this.code,
      ...this.extra
    }
  }
}

/** Whether a status is one of a failure on this side, so that the same request may succeed later (RFC 9110). */
export function isServerError(status: number): boolean {
  return status >= 500
}

/** The refusal of a request that can be sent again after `retryAfterSeconds`, a whole number. */
export function overloaded(detail: string, retryAfterSeconds: number): Problem {
  return new Problem('overloaded', detail, { headers: { 'retry-after': String(retryAfterSeconds) } })
}

/** Something can't be stored or read at the moment. */
export class StorageError extends Error {
  /** Whether it may be stored nevertheless: the database did not say. Otherwise nothing was changed. */
  readonly mayBeStored: boolean

  constructor(message: string, cause?: unknown, mayBeStored = false) {
    super(message, { cause })
    this.name = 'StorageError'
    this.mayBeStored = mayBeStored
  }
}
