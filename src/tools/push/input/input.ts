import { createHash } from 'node:crypto'
import { type FileHandle, open } from 'node:fs/promises'
import { extname } from 'node:path'
import type { Readable } from 'node:stream'
import { errorCode } from '../../../error-code.ts'
import { PushFailure } from '../errors.ts'
import { readEncoding } from './encoding.ts'
import { notATable } from './file-kind.ts'
import { LineCounter } from './lines.ts'
import type { Format, RowSource } from './row.ts'

/** Size and hash of a file, to recognize it when a push is resumed. */
export interface FileIdentity {
  readonly bytes: number
  readonly sha256: string
}

/** The input of a push: a file, or standard input, which has no identity. */
export interface Input {
  readonly identity: FileIdentity | undefined
  /** How many lines a file has; 0 for standard input. */
  readonly lines: number
  readonly stream: Readable
  /** Must be called even if the stream was not read. */
  close(): Promise<void>
}

export interface InputOptions {
  /** Undefined: guessed from the file's name and first character. */
  readonly format?: Format
  /** A label of the Encoding Standard, like `utf-8` or `latin1`. A byte order mark says more. */
  readonly encoding: string
  /** Undefined: guessed from the header. */
  readonly delimiter?: string
}

/** How many bytes at the start to read for guessing what the input is. */
const MAX_FIRST_BYTES = 65_536
/** The start of a list of objects within an object. */
const LIST = /"([^"\\]*)"\s*:\s*\[\s*\{/
const TABLES = ['.csv', '.tsv', '.tab']

/**
 * Opens a file, and reads it once for its identity. `-` is standard input.
 * @throws PushFailure if it can't be read, or if the signal ends that
 */
export async function openInput(file: string, standardInput: Readable, signal: AbortSignal): Promise<Input> {
  if (file === '-') {
    const close = async () => {
      standardInput.destroy()
    }
    return { identity: undefined, lines: 0, stream: standardInput, close }
  }
  try {
    const handle = await open(file)
    const { identity, lines } = await identify(handle, signal).catch(async (error: unknown) => {
      await handle.close()
      throw error
    })
    const stream = handle.createReadStream({ start: 0, autoClose: false })
    const close = async () => {
      stream.destroy()
      await handle.close()
    }
    return { identity, lines, stream, close }
  } catch (error) {
    if (error instanceof PushFailure) throw error
    throw new PushFailure(`Can't read ${file} (${errorCode(error)}).`, 2, { cause: error })
  }
}

async function identify(
  handle: FileHandle,
  signal: AbortSignal
): Promise<{ readonly identity: FileIdentity; readonly lines: number }> {
  const hash = createHash('sha256')
  const lines = new LineCounter()
  let bytes = 0
  for await (const chunk of handle.createReadStream({ start: 0, autoClose: false })) {
    if (signal.aborted) throw new PushFailure('It was interrupted.', 1)
    hash.update(chunk as Buffer)
    lines.add(chunk as Buffer)
    bytes += (chunk as Buffer).length
  }
  return { identity: { bytes, sha256: hash.digest('hex') }, lines: lines.count }
}

/**
 * Reads the rows of a file or of standard input.
 * @throws PushFailure if the start of the input is invalid
 */
export async function readRows(file: string, stream: Readable, options: InputOptions): Promise<RowSource> {
  const counter = { bytes: 0 }
  const chunks = countBytes(stream, counter)
  const start = await firstBytes(chunks)
  const encoding = readEncoding(start, options.encoding)
  const fault = notATable(file, start, encoding)
  if (fault !== undefined) throw new PushFailure(fault, 2)
  const text = encoding.decodeLossy(start.subarray(encoding.mark.length))
  const format = options.format ?? guessFormat(file, text)
  const all = prepend(start.subarray(encoding.mark.length), chunks)
  const common = { encoding, bytesRead: () => counter.bytes }
  if (format === 'csv') {
    const { guessDelimiter, namedDelimiter, readCsv } = await import('./csv-rows.ts')
    const delimiter = options.delimiter ?? namedDelimiter(text) ?? guessDelimiter(text)
    return { ...(await readCsv(all, delimiter, encoding)), ...common }
  }
  const { readJsonArray, readJsonLines } = await import('./json-rows.ts')
  const rows = format === 'json' ? readJsonArray(all, encoding) : readJsonLines(all, encoding)
  const listName = format === 'json' ? undefined : LIST.exec(text)?.[1]
  const list = listName === undefined ? {} : { listName }
  return { format, header: undefined, rows, delimiter: '', blankRows: () => 0, ...list, ...common }
}

function guessFormat(file: string, first: string): Format {
  if (TABLES.includes(extname(file).toLowerCase())) return 'csv'
  const [character] = first.trimStart()
  return character === '[' ? 'json' : character === '{' ? 'jsonl' : 'csv'
}

async function* countBytes(stream: Readable, counter: { bytes: number }): AsyncGenerator<Buffer, void> {
  for await (const chunk of stream) {
    counter.bytes += (chunk as Buffer).length
    yield chunk as Buffer
  }
}

/** Bytes from the start up to the end of the first line that isn't empty, or some more. */
async function firstBytes(chunks: AsyncGenerator<Buffer, void>): Promise<Buffer> {
  let first: Buffer = Buffer.alloc(0)
  while (first.length < MAX_FIRST_BYTES && !hasLine(first.toString('latin1'))) {
    const { done, value } = await chunks.next()
    if (done === true) break
    first = Buffer.concat([first, value])
  }
  return first
}

function hasLine(text: string): boolean {
  const start = text.search(/[^\s\0\xFE\xFF\xEF\xBB\xBF]/)
  return start >= 0 && /[\r\n]/.test(text.slice(start))
}

async function* prepend(first: Buffer, chunks: AsyncGenerator<Buffer, void>): AsyncGenerator<Buffer, void> {
  if (first.length > 0) yield first
  yield* chunks
}
