import { Readable } from 'node:stream'
import { CsvError, parse } from 'csv-parse'
import { PushFailure } from './push-failure.ts'
import type { Row, RowSource } from './row.ts'

/** A quote that is never closed would read all the rest of a file into one cell. */
const MAX_ROW_CHARACTERS = 1_048_576

interface CsvRecord {
  readonly record: readonly string[]
  readonly info: { readonly lines: number }
}

const DELIMITERS = [',', ';', '\t', '|'] as const

/** What most likely stands between the cells of a CSV text: what its first line has most of, outside of quotes. */
export function guessDelimiter(text: string): string {
  const [line = ''] = text
    .trimStart()
    .replaceAll(/"[^"]*"/g, '')
    .split(/\r|\n/)
  const counts = DELIMITERS.map((delimiter) => line.split(delimiter).length)
  return DELIMITERS[counts.indexOf(Math.max(...counts))] ?? ','
}

/**
 * Reads CSV text: its header at once, its rows as they are asked for.
 * @throws PushFailure if there is no header
 */
export async function readCsv(
  texts: AsyncIterable<string>,
  delimiter: string
): Promise<Omit<RowSource, 'bytesRead'>> {
  const parser = parse({
    info: true,
    max_record_size: MAX_ROW_CHARACTERS,
    relax_column_count: true,
    skip_empty_lines: true,
    delimiter
  })
  const source = Readable.from(texts, { objectMode: false })
  source.on('error', (error) => parser.destroy(error))
  const records: AsyncIterator<CsvRecord> = source.pipe(parser)[Symbol.asyncIterator]()
  const first = await records.next().catch((error: unknown) => refuse(error, 2))
  if (first.done === true) throw new PushFailure('The input is empty: a CSV file begins with a header.', 2)
  const header = first.value.record.map((name) => name.trim())
  return { format: 'csv', header, rows: readRows(records, header.length), delimiter }
}

async function* readRows(records: AsyncIterator<CsvRecord>, columns: number): AsyncGenerator<Row, void> {
  let miscounted = 0
  for (;;) {
    const next = await records.next().catch((error: unknown) => refuse(error, 1))
    if (next.done === true) return
    const { record, info } = next.value
    const within = newLines(record)
    const line = info.lines - miscounted - within.counted
    miscounted += within.counted - within.lines
    if (record.length === columns) yield { line, value: record }
    else yield { line, value: record, fault: `The row has ${record.length} cells, the header ${columns}.` }
  }
}

/** New lines in quotes: the parser counts a CR LF twice. */
function newLines(record: readonly string[]): { counted: number; lines: number } {
  let counted = 0
  let pairs = 0
  for (const cell of record) {
    if (!/[\r\n]/.test(cell)) continue
    counted += cell.match(/[\r\n]/g)?.length ?? 0
    pairs += cell.match(/\r\n/g)?.length ?? 0
  }
  return { counted, lines: counted - pairs }
}

function refuse(error: unknown, exitCode: 1 | 2): never {
  if (!(error instanceof CsvError)) throw error
  throw new PushFailure(`The input is no sound CSV: ${error.message}.`, exitCode, { cause: error })
}
