import { isObject } from '../../leads/is-object.ts'
import { isSecretName } from './secret-names.ts'

/** Replaces a secret. */
export const REDACTED = '[redacted]'
/** What is left out, because it is nested too deeply, or too long to be searched for secrets. */
const LEFT_OUT = '[left out]'
/** A JSON body has no more levels; a text within may have. */
const MAX_DEPTH = 64
/** How often JSON in a text, which is in JSON itself, is read. */
const MAX_TEXTS = 3

/** Names of a pair like `{ "name": "api_key", "value": "…" }`, as form builders send them. */
const NAMING = ['name', 'key', 'label', 'field', 'title', 'question']
const NAMED: ReadonlySet<string> = new Set(['value', 'values', 'answer', 'text', 'content'])

/** The name before a value: `password=`, `"token": `, `api_key: ` */
const ASSIGNMENT = /\b([\w.-]{1,60})\\{0,7}["']?\s{0,3}[:=]\s{0,3}/g
/** The quote that opens a value: in JSON in a text it has backslashes before it, in CSV and SQL it is doubled. */
const OPENING = /(\\{0,7})(["'])(?:\1\2(?=\w))?/y
const UNQUOTED = /[^\s"'&,;<>]+/y
/** `Bearer …`, `Basic …` */
const SCHEME = /\b(bearer|basic)\s{1,3}([\w.~+/=-]+)/gi
/** A shorter word after `Basic` is no credential. */
const MIN_CREDENTIAL = 6
/** Keys whose beginning tells that they are: this gateway's, of Standard Webhooks, Stripe, Shopify, GitHub, Slack; JWTs. */
const KNOWN_KEY = /\b(?:vgw_|whsec_|[sr]k_(?:live|test)_|shp[a-z]{2}_|gh[a-z]_|xox[a-z]-|eyJ)([\w.~+/=-]+)/g
const MIN_KEY = 8
/** What each of these has. Most texts have none of it. */
const MAY_HAVE_SECRET = /[:=]|eyJ|bearer|basic|(?:vgw|whsec|live|test|shp[a-z]{2}|gh[a-z]|xox[a-z])[_-]/i
/** `https://user:password@host` */
const USER_INFO = /(:\/\/[^\s:/@]*:)[^\s/"<>]+@/g
/** The same, cut within. */
const CUT_USER_INFO = /(:\/\/[^\s:/@]*:)[^\s/"<>]+$/

/** A payload as text. */
export interface RedactedJson {
  /** JSON; its beginning if it is cut. */
  readonly text: string
  readonly isCut: boolean
}

/**
 * Writes a payload as JSON, with `[redacted]` in the place of what looks like a secret: the values of names that secrets
 * have, and parts of texts. It reads no more than `maxCharacters` of texts, whatever the payload.
 */
export function redactedJson(payload: unknown, maxCharacters: number): RedactedJson {
  const writer = new Writer(maxCharacters, 0, new Map())
  writer.write(payload, 0)
  return { text: writer.text, isCut: writer.isFull }
}

class Writer {
  readonly #parts: string[] = []
  readonly #texts: number
  readonly #names: Map<string, boolean>
  #left: number

  /**
   * @param texts how many texts this JSON is within
   * @param names whether those that were seen are secrets'
   */
  constructor(maxCharacters: number, texts: number, names: Map<string, boolean>) {
    this.#left = maxCharacters
    this.#texts = texts
    this.#names = names
  }

  get isFull(): boolean {
    return this.#left < 0
  }

  get text(): string {
    return this.#parts.join('')
  }

  write(value: unknown, depth: number): void {
    if (typeof value === 'string') this.#add(JSON.stringify(this.#redacted(value)))
    else if (typeof value !== 'object' || value === null) this.#add(JSON.stringify(value ?? null))
    else if (depth === MAX_DEPTH) this.#add(JSON.stringify(LEFT_OUT))
    else if (Array.isArray(value)) this.#writeArray(value, depth)
    else this.#writeObject(value as Readonly<Record<string, unknown>>, depth)
  }

  #writeArray(values: readonly unknown[], depth: number): void {
    this.#add('[')
    for (let index = 0; index < values.length && !this.isFull; index++) {
      if (index > 0) this.#add(',')
      this.write(values[index], depth + 1)
    }
    this.#add(']')
  }

  #writeObject(value: Readonly<Record<string, unknown>>, depth: number): void {
    const isNamed = NAMING.some((name) => {
      const named = Object.hasOwn(value, name) ? value[name] : undefined
      return typeof named === 'string' && this.#isSecret(named)
    })
    let before = '{'
    for (const name in value) {
      if (this.isFull) return
      this.#add(`${before}${JSON.stringify(this.#redacted(name))}:`)
      before = ','
      const isSecret = this.#isSecret(name) || (isNamed && NAMED.has(name))
      if (isSecret && isTelling(value[name])) this.#add(JSON.stringify(REDACTED))
      else this.write(value[name], depth + 1)
    }
    this.#add(before === '{' ? '{}' : '}')
  }

  /** Payloads repeat their names. */
  #isSecret(name: string): boolean {
    const known = this.#names.get(name)
    if (known !== undefined) return known
    const isSecret = isSecretName(name)
    this.#names.set(name, isSecret)
    return isSecret
  }

  /** A text without secrets. It costs what was read, however short it is then. */
  #redacted(text: string): string {
    if (this.isFull) return ''
    const isLong = text.length > this.#left
    if (looksLikeJson(text)) {
      if (isLong || this.#texts === MAX_TEXTS) return LEFT_OUT
      const within = parsed(text)
      if (within !== undefined) return this.#charged(text, this.#within(within))
    }
    const read = isLong ? text.slice(0, this.#left + 1) : text
    return this.#charged(read, withoutSecrets(read, isLong))
  }

  #within(payload: unknown): string {
    const writer = new Writer(this.#left, this.#texts + 1, this.#names)
    writer.write(payload, 0)
    return writer.text
  }

  #charged(read: string, written: string): string {
    this.#left -= Math.max(0, Math.min(read.length, this.#left) - written.length)
    return written
  }

  #add(text: string): void {
    if (this.isFull) return
    this.#parts.push(text.length > this.#left ? text.slice(0, this.#left) : text)
    this.#left -= text.length
  }
}

/** Whether a value of a secret's name tells anything. */
function isTelling(value: unknown): boolean {
  return value !== null && value !== '' && typeof value !== 'boolean'
}

function looksLikeJson(text: string): boolean {
  return /^\s{0,20}(?:\{\s{0,20}["}]|\[\s{0,20}["{[\]\d-])/.test(text)
}

/** The object or array in a text; undefined if it holds none. */
function parsed(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text)
    return isObject(value) || Array.isArray(value) ? value : undefined
  } catch {
    return undefined
  }
}

/**
 * @param isCut whether the text had more: then what may be the beginning of a secret, at its end, is one
 */
function withoutSecrets(text: string, isCut: boolean): string {
  if (!MAY_HAVE_SECRET.test(text)) return text
  const isSecret = (part: string, length: number, least: number, offset: number, whole: string) =>
    length >= least || (isCut && offset + part.length === whole.length)
  const replaced = text
    .replace(SCHEME, (all: string, scheme: string, value: string, offset: number, whole: string) =>
      isSecret(all, value.length, MIN_CREDENTIAL, offset, whole) ? `${scheme} ${REDACTED}` : all
    )
    .replace(KNOWN_KEY, (all: string, value: string, offset: number, whole: string) =>
      isSecret(all, value.length, MIN_KEY, offset, whole) ? REDACTED : all
    )
    .replace(USER_INFO, `$1${REDACTED}@`)
  return withoutAssigned(isCut ? replaced.replace(CUT_USER_INFO, `$1${REDACTED}`) : replaced)
}

/** A text without the values that names of secrets have in it. */
function withoutAssigned(text: string): string {
  const parts: string[] = []
  let done = 0
  for (const { 0: all, 1: name = '', index } of text.matchAll(ASSIGNMENT)) {
    const at = index + all.length
    if (at < done || !isSecretName(name)) continue
    const [start, end] = valueAt(text, at)
    if (start === end) continue
    parts.push(text.slice(done, start), REDACTED)
    done = end
  }
  return parts.join('') + text.slice(done)
}

/** Where the value at a place of a text begins and ends, without its quotes. */
function valueAt(text: string, at: number): readonly [start: number, end: number] {
  const [opening, backslashes = '', quote = ''] = matchAt(OPENING, text, at)
  if (opening === undefined) return [at, at + (matchAt(UNQUOTED, text, at)[0]?.length ?? 0)]
  const start = at + opening.length
  for (let from = start; ;) {
    const found = text.indexOf(quote, from)
    if (found === -1) return [start, text.length]
    let end = found
    while (end > from && text[end - 1] === '\\') end--
    // One with more backslashes is part of the value.
    if (found - end === backslashes.length) return [start, end]
    from = found + 1
  }
}

function matchAt(pattern: RegExp, text: string, at: number): readonly (string | undefined)[] {
  pattern.lastIndex = at
  return pattern.exec(text) ?? []
}
