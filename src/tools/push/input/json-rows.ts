import { Readable } from 'node:stream'
import { none } from 'stream-chain/defs.js'
import lines from 'stream-chain/utils/lines.js'
import streamArray from 'stream-json/streamers/stream-array.js'
import { PushFailure } from '../errors.ts'
import type { Row } from './row.ts'

/** Reads one JSON value per line. Empty lines are skipped, but count for line numbers. */
export async function* readJsonLines(texts: AsyncIterable<string>): AsyncGenerator<Row, void> {
  const split = lines()
  let line = 0
  const readAll = function* (text: string | typeof none): Generator<Row, void> {
    for (const one of split(text)) {
      line++
      if (one.trim() !== '') yield readLine(line, one)
    }
  }
  for await (const text of texts) yield* readAll(text)
  yield* readAll(none)
}

function readLine(line: number, text: string): Row {
  try {
    return { line, value: JSON.parse(text) as unknown }
  } catch (error) {
    return { line, value: text, fault: `The line is not JSON: ${(error as Error).message}.` }
  }
}

/** Reads the elements of one JSON array. */
export async function* readJsonArray(texts: AsyncIterable<string>): AsyncGenerator<Row, void> {
  const source = Readable.from(texts, { objectMode: false })
  const elements = streamArray.withParserAsStream()
  source.on('error', (error) => elements.destroy(error))
  source.pipe(elements)
  try {
    for await (const { key, value } of elements as AsyncIterable<{ key: number; value: unknown }>) {
      yield { line: key + 1, value }
    }
  } catch (error) {
    if (error instanceof PushFailure) throw error
    throw new PushFailure(`The input is not a valid JSON array: ${(error as Error).message}.`, 1, {
      cause: error
    })
  }
}
