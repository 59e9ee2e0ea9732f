import { visit } from 'jsonc-parser'

/** A place in a text, both counted from 1. */
export interface Place {
  readonly line: number
  readonly column: number
}

/** V8 says where it stopped for some errors, at the end of its message. */
const POSITION = /in JSON at position (\d+)(?: \(line \d+ column \d+\))?$/

/** Where `JSON.parse` stopped reading `text`; undefined if that cannot be told. */
export function placeOfJsonError(text: string, error: unknown): Place | undefined {
  const position = POSITION.exec(error instanceof Error ? error.message : '')?.[1]
  const offset = position === undefined ? firstErrorOffset(text) : Number(position)
  if (offset === undefined) return undefined
  return placeAt(text, offset)
}

/** The place of the character at `offset`. */
export function placeAt(text: string, offset: number): Place {
  const read = text.slice(0, offset)
  return { line: read.split('\n').length, column: read.length - read.lastIndexOf('\n') }
}

function firstErrorOffset(text: string): number | undefined {
  let first: number | undefined
  try {
    visit(
      text,
      {
        onError: (_code, offset) => {
          first ??= offset
        }
      },
      { disallowComments: true, allowTrailingComma: false }
    )
  } catch (error) {
    // It calls itself for each level: a document that is nested too deeply has no place.
    if (!(error instanceof RangeError)) throw error
  }
  return first
}
