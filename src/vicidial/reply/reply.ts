/**
 * What VICIdial's replies mean. Their text is hostile: it may be HTML, half a reply or megabytes of noise, and a refused
 * login echoes the password. So only lead ids and the meaning are passed on, and to operators a few words, see `quotedWords`.
 */

/** Error codes for refusals by VICIdial, or by a server in front of it. */
export type UpstreamCode =
  | 'list_not_found'
  | 'list_not_allowed'
  | 'field_unknown'
  | 'characters_lost'
  | 'unsafe_characters'
  | 'lead_unreadable'
  | 'upstream_login_failed'
  | 'upstream_locked_out'
  | 'upstream_permission_denied'
  | 'upstream_error'
  | 'upstream_unproven'
  | 'upstream_unavailable'
  | 'upstream_timeout'

/** What VICIdial said of the custom fields of an `update_lead`; `not_mentioned` if it said nothing. */
export type CustomFieldsReply = 'stored' | 'not_defined' | 'disabled' | 'not_mentioned'

/**
 * The tables whose failed SELECT can cause this reply: with PHP 7 a SELECT that fails reads as one that finds nothing.
 */
export type Basis = 'leads' | 'lists' | 'custom_fields'

/** What a reply to `batch_update_lead` or `update_lead` means. */
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

/** What a reply to a call that only looks for a list means. */
export type FoundListReply = { readonly kind: 'list_found' } | Refused | NotMade | Unclear

/** What a reply to `lead_search` means. */
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

/** What a reply to `lead_all_info` for one lead means. */
export type LeadReply =
  /** The texts in the columns, by name; and in the custom fields, by label. */
  | {
      readonly kind: 'lead'
      /** Whether the row has the lead's id, so that it can be no other's. */
      readonly isNamed: boolean
      readonly columns: ReadonlyMap<string, string>
      readonly customFields: ReadonlyMap<string, string>
    }
  | Unreadable
  | NotFound
  | Refused
  | NotMade
  | Unclear

/** VICIdial may have the lead, but its row cannot be read as a whole: it may be read field by field. */
export interface Unreadable {
  readonly kind: 'unreadable'
  readonly detail: string
}

/** What a reply to `lead_field_info` means. */
export type FieldReply =
  | { readonly kind: 'field'; readonly value: string }
  /** The lead has no such custom field: its list lacks it, or nobody has ever set one of the lead. */
  | { readonly kind: 'no_field' }
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
  /** Absent if a failed SELECT cannot cause it. */
  readonly basis?: Basis
}

/** VICIdial said that something does not exist, but cannot find what it is known to have. Nothing was changed. */
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
  detail: 'VICIdial answered with nothing, which means that nothing was done.'
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

/** VICIdial could not connect to its database, or read it, and said so. */
export const NO_DATABASE: NotMade = { kind: 'not_made', detail: 'VICIdial could not read its database.' }

/** A reply to another call. A server in between may have mixed them up. */
export const OTHER_CALL: Unclear = { kind: 'unclear', detail: 'VICIdial answered a call that was not made.' }
