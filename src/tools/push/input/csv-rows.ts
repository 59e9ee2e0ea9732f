import { Readable } from 'node:stream'
import { CsvError, parse } from 'csv-parse'
import { PushFailure } from '../errors.ts'
import type { Row, RowSource } from './row.ts'

/** Maximum length of a row. Without it, an unclosed quote would read the rest of the file into one cell. */
const MAX_ROW_CHARACTERS = 1_048_576

/** A file can mix these, if several programs wrote to it. */
const NEW_LINES = ['\r\n', '\n', '\r']

interface CsvRecord {
  /** The record's text, with empty lines before it. */
  readonly raw: string
  readonly record: readonly string[]
  readonly info: { readonly lines: number }
}

const DELIMITERS = [',', ';', '\t', '|'] as const

/** Guesses the delimiter of a CSV text: the one that its first line has most of, outside of quotes. */
export function guessDelimiter(text: string): string {
  const [line = ''] = text
    .trimStart()
    .replaceAll(/"[^"]*"/g, '')
    .split(/\r|\n/)
  const counts = DELIMITERS.map((delimiter) => line.split(delimiter).length)
  return DELIMITERS[counts.indexOf(Math.max(...counts))] ?? ','
}

/**
 * Reads CSV text: the header at once, the rows lazily.
 * @throws PushFailure if there is no header
 */
export async function readCsv(
  texts: AsyncIterable<string>,
  delimiter: string
): Promise<Omit<RowSource, 'bytesRead'>> {
  const parser = parse({
    info: true,
    max_record_size: MAX_ROW_CHARACTERS,
    raw: true,
    record_delimiter: NEW_LINES,
    relax_column_count: true,
    // A stray quote is an error of its row, not of the file.
    relax_quotes: true,
    skip_empty_lines: true,
    delimiter
  })
  const source = Readable.from(texts, { objectMode: false })
  source.on('error', (error) => parser.destroy(error))
  const records: AsyncIterator<CsvRecord> = source.pipe(parser)[Symbol.asyncIterator]()
  const first = await records.next().catch((error: unknown) => refuse(error, 2))
  if (first.done === true) throw new PushFailure('The input is empty: a CSV file begins with a header.', 2)
  const isValid = rowValidator(delimiter)
  if (!isValid(first.value.raw)) throw new PushFailure(`The header is not valid CSV: ${STRAY_QUOTE}`, 2)
  const header = first.value.record.map((name) => name.trim())
  return { format: 'csv', header, rows: readRows(records, header.length, isValid), delimiter }
}

const STRAY_QUOTE = 'a quote within a cell must be doubled, and the cell put in quotes.'

/** Makes a function that tells whether a row has quotes only where CSV allows them. */
function rowValidator(delimiter: string): (raw: string) => boolean {
  const cell = `(?:"[^"]*(?:""[^"]*)*"|[^"\\r\\n${RegExp.escape(delimiter)}]*)`
  const row = new RegExp(`^[\\r\\n]*${cell}(?:${RegExp.escape(delimiter)}${cell})*[\\r\\n]*$`)
  return (raw) => !raw.includes('"') || row.test(raw)
}

async function* readRows(
  records: AsyncIterator<CsvRecord>,
  columns: number,
  isValid: (raw: string) => boolean
): AsyncGenerator<Row, void> {
  let miscounted = 0
  for (;;) {
    const next = await records.next().catch((error: unknown) => refuse(error, 1))
    if (next.done === true) return
    const { raw, record, info } = next.value
    const within = newLines(record)
    const line = info.lines - miscounted - within.counted
    miscounted += within.counted - within.lines
    if (!isValid(raw)) yield { line, value: record, fault: `The row is not valid CSV: ${STRAY_QUOTE}` }
    else if (record.length === columns) yield { line, value: record }
    else yield { line, value: record, fault: `The row has ${record.length} cells, the header ${columns}.` }
  }
}

/** Newlines within quotes. The parser counts a CR LF twice. */
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
  throw new PushFailure(`The input is not valid CSV: ${error.message}.`, exitCode, { cause: error })
}
