import escapeRegExp from 'escape-string-regexp'
import { parseExactly } from '../../../http/body/exact-json.ts'
import { countNames, firstRepeatedName, shapeOf } from '../../../http/body/json-guard.ts'
import { PushFailure } from '../errors.ts'
import type { Piece } from './lines.ts'

/** One element of an array. */
export interface JsonElement {
  readonly text: string
  /** Undefined if the text isn't JSON. */
  readonly value: unknown
  /** Why the text isn't JSON. */
  readonly fault?: string
  /** Whether it is not text in the input's encoding. The text then has U+FFFD for some bytes. */
  readonly isUndecodable: boolean
}

/** Maximum characters of an element. */
const MAX_CHARACTERS = 1_048_576
/** How many elements may have no end. What follows each is read again, once its end is missed. */
const MAX_ENDLESS = 100
/** How often one faulty element may be split. What follows each split is read again. */
const MAX_SPLITS = 10

const FIRST_MEMBER = /^\s*\{\s*("(?:[^"\\]|\\.)*")\s*:/

/** Reads the elements of an array. An element that isn't JSON spoils no other. */
export class JsonElements {
  /** The closing brackets to come. The first is the array's; none before the array. */
  #due: string[] = []
  #isString = false
  #isEscaped = false
  #hasEnded = false
  /** The element so far. */
  #text = ''
  #isUndecodable = false
  #count = 0
  #endless = 0
  #splits = 0
  /** The name of the first element's first member, in quotes. Others are likely to begin with it too. */
  #firstName: string | undefined;

  /**
   * Adds a piece. Returns the elements that are complete.
   * @throws PushFailure if the text is not an array
   */
  *add({ text, undecodable }: Piece): Generator<JsonElement, void> {
    const isUndecodable = undecodable !== undefined
    const special = /["\\{}[\],]/g
    special.lastIndex = this.#isEscaped ? 1 : 0
    this.#isEscaped = false
    let start = this.#due.length === 0 ? this.#begin(text) : 0
    if (start > 0) special.lastIndex = start
    if (this.#due.length === 0) return
    for (let match = special.exec(text); match !== null; match = special.exec(text)) {
      const [character] = match
      if (this.#isString) {
        if (character === '"') this.#isString = false
        else if (character === '\\' && ++special.lastIndex > text.length) this.#isEscaped = true
      } else if (character === '"') this.#isString = true
      else if (character === '{') this.#due.push('}')
      else if (character === '[') this.#due.push(']')
      else if (this.#due.length > 1) this.#close(character)
      else if (character === ',' || character === ']') {
        this.#append(text.slice(start, match.index), isUndecodable)
        start = special.lastIndex
        if (character === ',' || this.#text.trim() !== '') yield* this.#takeUpTo(character)
        else this.#text = ''
        this.#hasEnded = character === ']' && this.#isBetween
      }
    }
    this.#append(text.slice(start), isUndecodable)
    if (this.#text.length > MAX_CHARACTERS) yield* this.#recover(false)
  }

  /**
   * Ends the input. Returns the remaining elements.
   * @throws PushFailure if the array has not ended
   */
  *end(): Generator<JsonElement, void> {
    while (this.#due.length > 1 || this.#isString || this.#text.trim() !== '') yield* this.#recover(true)
    if (this.#hasEnded) return
    const where =
      this.#count === 0 ? 'it has no element' : `it ends after element ${this.#count}, without a ]`
    throw new PushFailure(`The input is not a valid JSON array: ${where}.`, 1)
  }

  /** Whether no element has begun since the last one. */
  get #isBetween(): boolean {
    return this.#text === '' && !this.#isString && this.#due.length === 1
  }

  /** Finds the array's start. Returns the index after it. */
  #begin(text: string): number {
    const index = text.search(/\S/)
    if (index < 0) return 0
    if (text[index] !== '[')
      throw new PushFailure('The input is not a JSON array: it does not begin with [.', 2)
    this.#due = [']']
    return index + 1
  }

  #append(text: string, isUndecodable: boolean): void {
    this.#text += text
    if (isUndecodable && text.includes('\uFFFD')) this.#isUndecodable = true
    if (this.#hasEnded && text.trim() !== '') this.#hasEnded = false
  }

  #take(text = this.#text): JsonElement {
    const element = { text, ...parse(text), isUndecodable: this.#isUndecodable }
    this.#firstName ??= FIRST_MEMBER.exec(text)?.[1]
    this.#text = ''
    this.#isUndecodable = false
    this.#count++
    return element
  }

  /** Takes an element that ends at `end`. If it isn't JSON and another begins within it, a quote is missing. */
  *#takeUpTo(end: string): Generator<JsonElement, void> {
    const name = this.#firstName
    const element = this.#take()
    const canSplit = element.fault !== undefined && this.#splits < MAX_SPLITS
    const next = canSplit ? startOfNext(element.text, name, false) : null
    if (next === null) {
      yield element
      return
    }
    yield { ...element, text: element.text.slice(0, next.index) }
    const rest = element.text.slice(next.index + 1) + end
    this.#splits++
    yield* this.add({ text: rest, ...(element.isUndecodable && { undecodable: Buffer.alloc(0) }) })
    this.#splits--
  }

  /** Closes a bracket, and those within it that the text has left open. */
  #close(character: string): void {
    const index = this.#due.lastIndexOf(character)
    if (index > 0) this.#due.length = index
  }

  /**
   * Takes an element whose end was missed, up to where the next one seems to begin, and reads on from there.
   * @throws PushFailure if nothing seems to begin there
   */
  *#recover(isAtEnd: boolean): Generator<JsonElement, void> {
    const text = this.#text
    const isUndecodable = this.#isUndecodable
    this.#firstName ??= FIRST_MEMBER.exec(text)?.[1]
    const next = startOfNext(text, this.#firstName, true)
    if ((next === null && !isAtEnd) || ++this.#endless > MAX_ENDLESS)
      throw new PushFailure(`The end of element ${this.#count + 1} of the array can't be found.`, 1)
    this.#due = [']']
    this.#isString = false
    this.#isEscaped = false
    if (next === null) {
      this.#hasEnded = text.trimEnd().endsWith(']')
      yield this.#take()
      return
    }
    yield this.#take(text.slice(0, next.index))
    const rest = text.slice(next.index + next[0].length)
    yield* this.add({ text: rest, ...(isUndecodable && { undecodable: Buffer.alloc(0) }) })
  }
}

/** Finds the comma before what seems to be another element. */
function startOfNext(
  text: string,
  firstName: string | undefined,
  isEndless: boolean
): RegExpExecArray | null {
  const likely = `,(?=\\s*\\{\\s*${firstName === undefined ? '"' : escapeRegExp(firstName)})`
  return new RegExp(isEndless ? `(?<=\\}\\s*),(?=\\s*\\{)|${likely}` : likely).exec(text)
}

/** How deep a row may be nested. The gateway takes 64 levels, two of which are around the row. */
const MAX_DEPTH = 62

/**
 * Parses JSON. A number that JavaScript can't hold becomes its text. A name twice in one object is a fault: nobody knows
 * which of its values counts.
 * @returns the fault as the end of a sentence
 */
export function parse(text: string): { readonly value: unknown; readonly fault?: string } {
  const { names, tooDeepAt, longNumbers } = shapeOf(text, MAX_DEPTH)
  try {
    if (tooDeepAt !== undefined)
      return { value: undefined, fault: `is nested deeper than ${MAX_DEPTH} levels` }
    const value = parseExactly(text, longNumbers)
    if (countNames(value) === names) return { value }
    const { name = '' } = firstRepeatedName(text) ?? {}
    return { value: undefined, fault: `has the name ${JSON.stringify(name)} twice in one object` }
  } catch (error) {
    return { value: undefined, fault: `is not JSON: ${(error as Error).message}` }
  }
}
