import { visit } from 'jsonc-parser'

/** What a JSON text is made of. */
export interface JsonShape {
  /** Names in all objects together, counted as often as they are written; of a text that is no JSON, some number. */
  readonly names: number
  /** Where the first value stands that is nested deeper than allowed; undefined: none is. */
  readonly tooDeepAt: number | undefined
}

const QUOTE = 0x22
const COLON = 0x3a
const BACKSLASH = 0x5c
const OPENING_BRACKET = 0x5b
const CLOSING_BRACKET = 0x5d
const OPENING_BRACE = 0x7b
const CLOSING_BRACE = 0x7d

/** Reads over a text, in less than half the time that parsing it takes. */
export function shapeOf(text: string, maxDepth: number): JsonShape {
  let names = 0
  let depth = 0
  for (let at = 0; at < text.length; at++) {
    switch (text.charCodeAt(at)) {
      case QUOTE:
        at = endOfString(text, at)
        break
      case COLON:
        names++
        break
      case OPENING_BRACKET:
      case OPENING_BRACE:
        if (++depth > maxDepth) return { names, tooDeepAt: at }
        break
      case CLOSING_BRACKET:
      case CLOSING_BRACE:
        depth--
    }
  }
  return { names, tooDeepAt: undefined }
}

/** Where the string ends that begins at `start`: at a quote, unless an odd number of backslashes stands before. */
function endOfString(text: string, start: number): number {
  for (let end = start; ;) {
    end = text.indexOf('"', end + 1)
    if (end === -1) return text.length
    let before = end - 1
    while (text.charCodeAt(before) === BACKSLASH) before--
    if ((end - before) % 2 === 1) return end
  }
}

/** Names in all objects of a parsed value together. It calls itself for each level. */
export function countNames(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0
  let count = 0
  if (Array.isArray(value)) for (const element of value) count += countNames(element)
  else {
    const object = value as Record<string, unknown>
    for (const name in object) count += 1 + countNames(object[name])
  }
  return count
}

/** The first name that stands a second time in its object, and where; undefined if there is none. */
export function firstRepeatedName(text: string): { name: string; offset: number } | undefined {
  const open: Set<string>[] = []
  let found: { name: string; offset: number } | undefined
  visit(text, {
    onObjectBegin: () => {
      open.push(new Set())
    },
    onObjectProperty: (name, offset) => {
      const names = open.at(-1)
      if (names?.has(name) === true) found ??= { name, offset }
      names?.add(name)
    },
    onObjectEnd: () => {
      open.pop()
    }
  })
  return found
}
