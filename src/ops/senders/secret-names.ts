/** Names whose values are secrets, wherever the text is within a name; in lower case and without punctuation. */
const PARTS = [
  ...['password', 'passwd', 'passphrase', 'passcode', 'secret', 'token', 'credential', 'authorization'],
  ...['signature', 'cookie', 'apikey', 'accesskey', 'privatekey', 'sessionid'],
  ...['cardnumber', 'creditcard', 'socialsecurity']
]
/** Words with which the name of a secret ends. */
const LAST_WORDS: ReadonlySet<string> = new Set([
  ...['key', 'pass', 'pwd', 'pin', 'otp', 'cvv', 'cvc', 'ssn', 'iban'],
  ...['auth', 'jwt', 'sig', 'hmac', 'session']
])
/** In characters. Nobody gives a longer name. */
const MAX_NAME = 200
const BETWEEN_WORDS = /[^\p{L}\p{N}]/u
const CAPITAL_AFTER_SMALL = /(\p{Ll})(\p{Lu})/gu

/** Whether a value of this name is a secret, as far as names tell: `api_key`, `userPassword`, `X-Token`, `pin`. */
export function isSecretName(name: string): boolean {
  if (name.length > MAX_NAME) return false
  const words = name
    .replaceAll(CAPITAL_AFTER_SMALL, '$1 $2')
    .toLowerCase()
    .split(BETWEEN_WORDS)
    .filter((word) => word !== '')
  const plain = words.join('')
  return LAST_WORDS.has(words.at(-1) ?? '') || PARTS.some((part) => plain.includes(part))
}
