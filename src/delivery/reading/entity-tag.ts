import { createHash } from 'node:crypto'
import { LEAD_COLUMNS } from '../../leads/reading/lead-columns.ts'

/** The fields that an entity tag is about. */
export interface TaggedFields {
  readonly fields: readonly string[]
  readonly hasCustomFields: boolean
}

/** In characters of base64url, six bits each. */
const HASH_LENGTH = 22
const CUSTOM = '+'
const TAG = /^"([0-9a-z]{1,10})(\+?)-[\w-]{22}"$/
const RADIX = 36

/**
 * The entity tag of what was read of a lead: a hash of the values, after a number with a bit for each column that was
 * read. So the same fields can be read again, and others may change.
 * @param custom values of custom fields; undefined if none were to be read
 */
export function entityTag(lead: number, columns: object, custom: object | undefined): string {
  const hash = createHash('sha256').update(JSON.stringify([lead, columns, custom ?? null]))
  let bits = 0
  for (const [index, { name }] of LEAD_COLUMNS.entries()) if (name in columns) bits += 2 ** index
  const about = bits.toString(RADIX) + (custom === undefined ? '' : CUSTOM)
  return `"${about}-${hash.digest('base64url').slice(0, HASH_LENGTH)}"`
}

/** The fields that an entity tag is about; undefined if it is not one of `entityTag`. */
export function taggedFields(tag: string): TaggedFields | undefined {
  const [, number = '', custom] = TAG.exec(tag) ?? []
  if (number === '') return undefined
  const bits = Number.parseInt(number, RADIX)
  const columns = LEAD_COLUMNS.filter((_, index) => Math.floor(bits / 2 ** index) % 2 === 1)
  return { fields: columns.map(({ name }) => name), hasCustomFields: custom === CUSTOM }
}
