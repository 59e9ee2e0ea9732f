import { Problem } from '../errors.ts'

/** Matches any lead that exists. */
export const ANY = '*'
/** A list of entity tags (RFC 9110). A weak one never matches, as no tag of the gateway is weak. */
const TAGS = /^\s*(?:W\/)?"[\x21\x23-\x7E]*"(?:\s*,\s*(?:W\/)?"[\x21\x23-\x7E]*")*\s*$/
const TAG = /(?:W\/)?"[\x21\x23-\x7E]*"/g

/** A tag without the mark of a weak one: proxies that compress a response add it, and If-None-Match does not look at it. */
export function withoutWeakness(tag: string): string {
  return tag.replace(/^W\//, '')
}

/**
 * The entity tags of a header; `*` for any; undefined without the header.
 * @param name of the header, for the refusal
 * @throws Problem invalid_request, if it holds something else
 */
export function readEntityTags(
  name: string,
  header: string | undefined
): typeof ANY | readonly string[] | undefined {
  if (header === undefined || header.trim() === ANY) return header === undefined ? undefined : ANY
  if (TAGS.test(header)) return header.match(TAG) ?? []
  const detail = `${name} must be the ETag of a lead as it was given, with its quotes; or several with commas between; or *.`
  throw new Problem('invalid_request', detail)
}
