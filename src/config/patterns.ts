import { SOURCE_PATTERN } from '../vicidial/wire.ts'

/** A text of a form, for a schema. `patternErrorMessage` says the form in words; editors show it too. */
export interface TextForm {
  readonly pattern: string
  readonly patternErrorMessage: string
}

/** Names of accounts, callers and webhooks. */
export const NAME: TextForm = {
  pattern: '^[a-z0-9][a-z0-9_-]{0,63}$',
  patternErrorMessage: 'lower-case letters, digits, _ and -, up to 64; a letter or digit first'
}
/** The SHA-256 of a key, as `key create` prints it. */
export const KEY_HASH: TextForm = {
  pattern: '^sha256:[0-9a-f]{64}$',
  patternErrorMessage: 'sha256: and 64 hex digits, as "vicidial-gateway key create" prints it'
}
/** Labels of VICIdial's custom fields. */
export const LABEL: TextForm = {
  pattern: '^[A-Za-z][A-Za-z0-9_]{0,49}$',
  patternErrorMessage: 'letters, digits and _, up to 50; a letter first'
}
/** VICIdial's `source` of a call. */
export const SOURCE: TextForm = { pattern: SOURCE_PATTERN, patternErrorMessage: '2 to 20 letters and digits' }
