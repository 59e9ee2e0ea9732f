/** Characters of typesetting that VICIdial would delete, and what is written for them. */

/** Signs whose compatibility form (NFKC) is not what people mean by them. */
const SIGNS: ReadonlyMap<string, string> = new Map(
  Object.entries({
    "'": '‘’‚‛′‵´ʹʻʼʽˈ“”„‟″‶«»‹›＂｀',
    '-': '−⁃',
    '/': '⁄∕⧸＼﹨∖⧵',
    ' ': '\u1680\u2028\u2029・•'
  }).flatMap(([plain, signs]) => Array.from(signs, (sign): [string, string] => [sign, plain]))
)
const NON_ASCII = /\P{ASCII}/gu
const DASH = /\p{Pd}/u
/** ASCII that may be sent to VICIdial: no control characters, no backslash. */
const SENDABLE = /^[ -[\]-~]+$/
/** The only ASCII that people write for another sign: an apostrophe. */
const GRAVE = '`'

/** Marks that are not seen: zero-width characters, direction marks, soft hyphens, fillers, selectors of variants. */
const INVISIBLE = /[\p{Cf}\p{Default_Ignorable_Code_Point}]/gu
/** What a reader of a message cannot see, or takes for a space. */
const UNSEEN = /[\p{Cf}\p{Default_Ignorable_Code_Point}\p{Zl}\p{Zp}]|(?! )\p{Zs}/gu
/** Most unseen characters that a message names. */
const MAX_NAMED = 3

/** The ASCII for a character of typesetting, or undefined: `-` for a dash, `1/2` for `½`. ASCII that may be sent is itself, except a grave. */
export function asciiOf(character: string): string | undefined {
  if (character === GRAVE) return "'"
  const sign = SIGNS.get(character)
  if (sign !== undefined) return sign
  if (DASH.test(character)) return '-'
  const compatible = character.normalize('NFKC').replace(NON_ASCII, (part) => SIGNS.get(part) ?? part)
  return SENDABLE.test(compatible) ? compatible : undefined
}

/** A text without the marks that are not seen. */
export function withoutInvisible(text: string): string {
  return text.replace(INVISIBLE, '')
}

/** A character as a message shows it: by its code point, as `U+200E`, if it can't be seen. */
export function shown(character: string): string {
  return character.search(UNSEEN) !== -1 || /\p{M}/u.test(character) ? codePoint(character) : character
}

/** A sentence, after a space, that names the invisible characters of a text; empty if it has none. */
export function unseenIn(text: unknown): string {
  const unseen = typeof text === 'string' ? new Set(text.match(UNSEEN)) : new Set<string>()
  if (unseen.size === 0) return ''
  return ` It holds ${[...unseen].slice(0, MAX_NAMED).map(codePoint).join(', ')}, which cannot be seen.`
}

function codePoint(character: string): string {
  return `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`
}
