import { parse } from 'csv-parse/sync'
import { PushFailure } from '../errors.ts'
import { type CsvRecord, CsvRecords, STRAY_QUOTE } from './csv-records.ts'
import type { Encoding } from './encoding.ts'
import { type Line, readLines } from './lines.ts'
import type { Row, RowSource } from './row.ts'

const DELIMITERS = [',', ';', '\t', '|'] as const

const MAX_COLUMNS = 2_000

/** The first line of some files, by which Excel knows the delimiter. */
const DELIMITER_LINE = /^"?sep=([^"])"?\s*$/i

/** Guesses the delimiter of a CSV text: the one that its first line has most of, outside of quotes. */
export function guessDelimiter(text: string): string {
  const [line = ''] = text
    .trimStart()
    .replaceAll(/"[^"]*"/g, '')
    .split(/\r|\n/)
  const counts = DELIMITERS.map((delimiter) => line.split(delimiter).length)
  return DELIMITERS[counts.indexOf(Math.max(...counts))] ?? ','
}

/** The delimiter that a text begins with, in a line like `sep=;`. */
export function namedDelimiter(text: string): string | undefined {
  const [line = ''] = text.trimStart().split(/\r|\n/)
  return DELIMITER_LINE.exec(line)?.[1]
}

/**
 * Reads CSV: the header at once, the rows lazily.
 * @throws PushFailure if there is no header
 */
export async function readCsv(
  chunks: AsyncIterable<Buffer>,
  delimiter: string,
  encoding: Encoding
): Promise<Omit<RowSource, 'bytesRead' | 'encoding'>> {
  const groups = readRecords(readLines(chunks, encoding), delimiter, encoding)
  let records: CsvRecord[] = []
  const next = async (): Promise<CsvRecord> => {
    while (records.length === 0) {
      const group = await groups.next()
      if (group.done === true)
        throw new PushFailure('The input is empty: a CSV file begins with a header.', 2)
      records = group.value
    }
    return records.shift() as CsvRecord
  }
  let head = await next()
  if (namedDelimiter(head.text) !== undefined) head = await next()
  if (head.undecodable !== undefined) throw new PushFailure(head.fault ?? '', 2)
  if (head.fault !== undefined) throw new PushFailure(`The header is not valid CSV: ${STRAY_QUOTE}`, 2)
  const header = (parseAll([head], delimiter)[0] ?? []).map((name) => name.trim())
  if (header.length > MAX_COLUMNS)
    throw new PushFailure(`The header has ${header.length} columns, more than ${MAX_COLUMNS}.`, 2)
  const blank = { rows: 0 }
  const rows = async function* (): AsyncGenerator<Row, void> {
    yield* rowsOf(records, header, delimiter, blank)
    for await (const group of groups) yield* rowsOf(group, header, delimiter, blank)
  }
  return { format: 'csv', header, rows: rows(), delimiter, blankRows: () => blank.rows }
}

/** Reads the texts of rows, in groups, without empty lines. */
async function* readRecords(
  groups: AsyncIterable<readonly Line[]>,
  delimiter: string,
  encoding: Encoding
): AsyncGenerator<CsvRecord[], void> {
  const records = new CsvRecords(delimiter, encoding)
  const isRow = ({ text }: CsvRecord) => text.trim() !== ''
  for await (const lines of groups) yield records.add(lines).filter(isRow)
  yield records.end().filter(isRow)
}

/** Reads the cells of rows. Counts rows without any text in `blank`, and leaves them out. */
function* rowsOf(
  records: readonly CsvRecord[],
  header: readonly string[],
  delimiter: string,
  blank: { rows: number }
): Generator<Row, void> {
  const columns = header.length
  /** How many cells a row needs: there may be columns without a name after them. */
  const named = header.findLastIndex((name) => name !== '') + 1
  const parsed = parseAll(
    records.filter(({ fault }) => fault === undefined),
    delimiter
  ).values()
  for (const { line, text, fault, undecodable } of records) {
    const value = fault === undefined ? parsed.next().value : text.split(delimiter)
    if (value === undefined) throw new Error(`Line ${line} has no cells.`)
    if (fault !== undefined && undecodable !== undefined)
      yield { line, value, fault, rawCells: cellsOf(undecodable, delimiter) }
    else if (fault !== undefined) yield { line, value, fault }
    else if (isBlank(value)) blank.rows++
    else if (value.length === columns) yield { line, value }
    else if (value.length > columns && isBlank(value.slice(columns)))
      yield { line, value: value.slice(0, columns) }
    else if (value.length < columns && value.length >= named && named > 0)
      yield { line, value: [...value, ...Array.from({ length: columns - value.length }, () => '')] }
    else yield { line, value, fault: `The row has ${value.length} cells, the header ${columns}.` }
  }
}

function isBlank(cells: readonly string[]): boolean {
  return cells.every((cell) => cell.trim() === '')
}

/** The cells of a row that may have misplaced quotes. */
function cellsOf(text: string, delimiter: string): readonly string[] {
  try {
    return parseAll([{ text }], delimiter)[0] ?? []
  } catch {
    return text.split(delimiter)
  }
}

/** The cells of valid rows. */
function parseAll(records: readonly Pick<CsvRecord, 'text'>[], delimiter: string): readonly string[][] {
  // A row has line breaks only within quotes.
  const text = records.map((record) => record.text).join('\n')
  return parse(text, { delimiter, record_delimiter: '\n', relax_column_count: true })
}
