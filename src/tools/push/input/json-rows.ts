import { undecodableFault } from './csv-records.ts'
import type { Encoding } from './encoding.ts'
import { JsonElements, parse } from './json-elements.ts'
import { readLines, readPieces } from './lines.ts'
import type { Row } from './row.ts'

/** Reads one JSON value per line. Empty lines are skipped, but count for line numbers. */
export async function* readJsonLines(
  chunks: AsyncIterable<Buffer>,
  encoding: Encoding
): AsyncGenerator<Row, void> {
  for await (const lines of readLines(chunks, encoding)) {
    for (const { number, text, undecodable } of lines) {
      if (text.trim() === '') continue
      if (undecodable === undefined) yield rowOf(number, 'line', text, parse(text))
      else yield { line: number, value: text, fault: undecodableFault(`Line ${number}`, text, encoding) }
    }
  }
}

/** Reads the elements of one JSON array. */
export async function* readJsonArray(
  chunks: AsyncIterable<Buffer>,
  encoding: Encoding
): AsyncGenerator<Row, void> {
  const elements = new JsonElements()
  let line = 0
  const rows = function* (found: ReturnType<JsonElements['add']>): Generator<Row, void> {
    for (const { text, isUndecodable, ...parsed } of found) {
      line++
      yield isUndecodable
        ? { line, value: text, fault: undecodableFault(`Element ${line}`, text, encoding) }
        : rowOf(line, 'element', text, parsed)
    }
  }
  for await (const pieces of readPieces(chunks, encoding)) {
    for (const piece of pieces) yield* rows(elements.add(piece))
  }
  yield* rows(elements.end())
}

function rowOf(line: number, what: 'line' | 'element', text: string, parsed: ReturnType<typeof parse>): Row {
  const { value, fault } = parsed
  return fault === undefined ? { line, value } : { line, value: text.trim(), fault: `The ${what} ${fault}.` }
}
