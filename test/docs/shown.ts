import escapeRegExp from 'escape-string-regexp'
import { isDeepStrictEqual } from 'node:util'

/**
 * What a page shows may differ from what comes in the ids and times of these shapes; and `…` stands for what is left
 * out: in a text for anything within its line, alone in a line for any number of lines, as the last element of a JSON
 * array for any others, as the name of a JSON member likewise.
 */
const SHAPES: readonly (readonly [shape: RegExp, name: string])[] = [
  [/\b(req|job)_[0-9A-HJKMNP-TV-Z]{26}/g, '$1_ID'],
  [/\bdl_\d{12}/g, 'dl_ID'],
  [/\b20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g, 'TIME'],
  [/\bvgw_[\w-]{40,}/g, 'KEY'],
  [/\bsha256:[0-9a-f]{64}/g, 'HASH'],
  [/\bhttp:\/\/127\.0\.0\.1:\d+/g, 'ADDRESS'],
  [/"ms":[\d.]+/g, '"ms":MS'],
  [/\b\d+(\.\d+)? s later/g, 'S s later']
]
const IDS = /\b(?:(?:req|job)_[0-9A-HJKMNP-TV-Z]{26}|dl_\d{12})/g
const OMITTED = '…'

/** The same for every run: no ids, no times. */
export function timeless(text: string): string {
  return SHAPES.reduce((rest, [shape, name]) => rest.replace(shape, name), text)
}

/** Whether `come` is what `shown` shows. Both are texts; if `shown` is JSON they are compared as such. */
export function isShown(shown: string, come: string): boolean {
  const json = parsed(shown)
  if (json !== undefined) return isShownJson(json, parsed(come))
  const pattern = timeless(shown)
    .trim()
    .split('\n')
    .map((line) => (line.trim() === OMITTED ? '(?:.*\\n?)*?' : `${pieces(line.trimEnd())} *\\n?`))
  return new RegExp(`^${pattern.join('')}$`).test(timeless(come).replaceAll('\r', '').trim())
}

/** Whether a JSON value is what another shows. */
export function isShownJson(shown: unknown, come: unknown): boolean {
  if (typeof shown === 'string')
    return typeof come === 'string' && new RegExp(`^${pieces(timeless(shown))}$`, 's').test(timeless(come))
  if (Array.isArray(shown)) {
    if (!Array.isArray(come)) return false
    const isOpen = shown.at(-1) === OMITTED
    const elements = isOpen ? shown.slice(0, -1) : shown
    if (isOpen ? come.length < elements.length : come.length !== elements.length) return false
    return elements.every((element, index) => isShownJson(element, come[index]))
  }
  if (typeof shown !== 'object' || shown === null) return isDeepStrictEqual(shown, come)
  if (typeof come !== 'object' || come === null) return false
  const { [OMITTED]: omitted, ...members } = shown as Record<string, unknown>
  const names = Object.keys(omitted === undefined ? come : members)
  const others = come as Record<string, unknown>
  if (names.some((name) => !(name in members))) return false
  return Object.entries(members).every(([name, member]) => isShownJson(member, others[name]))
}

/** Each id that is shown, with the one that came in its place. */
export function idsOf(shown: string, come: string): [shown: string, come: string][] {
  const there = come.match(IDS) ?? []
  return (shown.match(IDS) ?? []).flatMap((id, index) => {
    const other = there[index]
    return other === undefined ? [] : [[id, other] as [string, string]]
  })
}

export function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function pieces(text: string): string {
  return text.split(OMITTED).map(escapeRegExp).join('.*')
}
