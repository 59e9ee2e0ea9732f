import { unseenIn } from '../../leads/cleaning/typography.ts'
import { endOfString, offsetOfJsonError, positionAt } from './json-guard.ts'

/** In characters. */
const LONGEST_EXCERPT = 60
/** In characters. A longer name is not shown: it may be a key. */
const LONGEST_NAME = 24
const MOST_STRINGS = 4
/** How far a remedy looks, in characters. */
const NEAR = 100
/** How a string is shown in which reading stopped. */
const CUT_STRING = '"…'
const BRACKET = /[\]}]/
const WRONG_WORD = /^(?:true|false|null|none|nil|nan|undefined|infinity)$/i
const CURLY_QUOTE = /^[\u2018-\u201F\u2039\u203A\u00AB\u00BB]/

/**
 * Says where a text stops being JSON, what is there, and what to do about it. It shows names and punctuation, but no value:
 * the text may hold secrets.
 * @param error what JSON.parse threw
 */
export function jsonFault(text: string, error: unknown): string {
  const offset = offsetOfJsonError(text, error)
  if (offset === undefined) return '.'
  const { line, column } = positionAt(text, offset)
  const before = shownBefore(text, offset)
  const there = before.endsWith(CUT_STRING) ? before : before + shownAt(text, offset)
  const shown = there === '' ? '' : ` There: ${there}`
  return `: reading stopped at line ${line}, column ${column}.${remedyAt(text, offset)}${shown}`
}

/** The end of what was read: names and punctuation. All of it is sound JSON, so each quote begins or ends a string. */
function shownBefore(text: string, offset: number): string {
  const starts: number[] = []
  for (
    let at = text.indexOf('"');
    at !== -1 && at < offset;
    at = text.indexOf('"', endOfString(text, at) + 1)
  ) {
    starts.push(at)
    if (starts.length > MOST_STRINGS) starts.shift()
  }
  let shown = ''
  let from = starts.length < MOST_STRINGS ? 0 : (starts[0] ?? 0)
  for (const start of starts) {
    const end = endOfString(text, start)
    const isName = end - start <= LONGEST_NAME && /^\s*:/.test(text.slice(end + 1, end + NEAR))
    const string = end >= offset ? CUT_STRING : isName ? text.slice(start, end + 1) : '"…"'
    shown += betweenStrings(text, from, start) + string
    from = end + 1
  }
  shown += betweenStrings(text, from, offset)
  const plain = shown.replaceAll(/\s+/g, ' ').replaceAll(/\p{C}/gu, '?')
  const isWhole = starts.length < MOST_STRINGS && plain.length <= LONGEST_EXCERPT
  return isWhole ? plain.trimStart() : `…${plain.slice(-LONGEST_EXCERPT)}`
}

/** Punctuation and short values; a long number may be secret. */
function betweenStrings(text: string, start: number, end: number): string {
  return text.slice(Math.max(start, end - LONGEST_EXCERPT), end).replaceAll(/[\w.+-]{6,}/g, '…')
}

/** What is at `offset`: punctuation, or a word that JSON has in another form; of anything else only that it is there. */
function shownAt(text: string, offset: number): string {
  const next = text[offset] ?? ''
  const word = wordAt(text, offset)
  if (WRONG_WORD.test(word)) return word
  return next === '' || /[!-/:-@[-`{-~]/.test(next) || CURLY_QUOTE.test(next) ? next : '…'
}

function wordAt(text: string, offset: number): string {
  return /^[A-Za-z_]*/.exec(text.slice(offset, offset + NEAR))?.[0] ?? ''
}

function remedyAt(text: string, offset: number): string {
  const next = text[offset]
  const rest = text.slice(offset, offset + NEAR)
  const read = text.slice(Math.max(0, offset - NEAR), offset)
  const before = read.trimEnd().at(-1)
  if (next === undefined) return ' The text is cut off.'
  if (text.slice(0, 2).includes('\0')) return ' This looks like UTF-16: send it in UTF-8.'
  if (read.endsWith('\\') || /\\u[\da-f]{0,3}$/i.test(read)) return ' A backslash in a text is written twice.'
  if (next === '\n' || next === '\r') return ' A line break in a text is written \\n.'
  if (next < ' ') return ` This character is written ${JSON.stringify(next).slice(1, -1)} in a text.`
  const unseen = unseenIn(next)
  if (unseen !== '') return unseen
  if (before === ',' && /[\]},]/.test(next)) return ' Take out the comma before it.'
  if (before === ':' && /[\]},]/.test(next)) return ' A value is missing before it.'
  if (before === undefined && next === '<') return ' This looks like HTML or XML.'
  if (before === undefined && /^[\w.[\]%+-]+=/.test(rest)) return ' This looks like a form: send JSON.'
  if (next === "'" || next === '`' || CURLY_QUOTE.test(next)) return ' JSON has straight double quotes.'
  if (next === '#' || rest.startsWith('//') || rest.startsWith('/*')) return ' JSON has no comments.'
  if (WRONG_WORD.test(wordAt(text, offset))) return ' JSON has true, false and null.'
  if (before !== undefined && /[[{,:]/.test(before) && /[A-Za-z_]/.test(next))
    return ' Names and texts have double quotes.'
  if ((before === '}' || before === ']') && (next === '{' || next === '['))
    return ' Put a comma between them; a list of them is in [ ].'
  if (before === '"' && /[{["\w=-]/.test(next)) return ' A comma or a colon may be missing before it.'
  if (before !== undefined && /[}\]\w]/.test(before) && /["{[]/.test(next))
    return ' A comma may be missing before it.'
  if (/[\d.+-]/.test(next) || /[.+-]$/.test(read) || (/\d$/.test(read) && /\w/.test(next)))
    return ' A number is written like 7 or -12.5; put anything else in quotes.'
  return before !== undefined && BRACKET.test(next) ? ' No such bracket is open here.' : ''
}
