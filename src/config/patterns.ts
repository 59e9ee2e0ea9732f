/** Names of accounts, callers and webhooks. */
export const NAME_PATTERN = '^[a-z0-9][a-z0-9_-]{0,63}$'
/** The SHA-256 of a key, as `key create` prints it. */
export const KEY_HASH_PATTERN = '^sha256:[0-9a-f]{64}$'
/** Labels of VICIdial's custom fields. */
export const LABEL_PATTERN = '^[A-Za-z][A-Za-z0-9_]{0,49}$'
