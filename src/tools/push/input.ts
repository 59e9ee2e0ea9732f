import { createHash } from 'node:crypto'
import { type FileHandle, open } from 'node:fs/promises'
import { extname } from 'node:path'
import type { Readable } from 'node:stream'
import { errorCode } from '../../error-code.ts'
import { PushFailure } from './push-failure.ts'
import type { Format, RowSource } from './row.ts'

/** What a file held when its push began: by this it is known again. */
export interface FileIdentity {
  readonly bytes: number
  readonly sha256: string
}

/** A file, or standard input, which has no identity. */
export interface Input {
  readonly identity: FileIdentity | undefined
  readonly stream: Readable
  /** Must be called, whether or not the stream was read. */
  close(): Promise<void>
}

export interface InputOptions {
  /** Undefined: it is told from the file's name and first character. */
  readonly format?: Format
  /** A label of the Encoding Standard, like `utf-8` or `latin1`. */
  readonly encoding: string
  /** Undefined: the most likely one of the first lines. */
  readonly delimiter?: string
}

/** What stands in the first so many characters tells the format and the delimiter. */
const MAX_FIRST_CHARACTERS = 65_536
const TABLES = ['.csv', '.tsv', '.tab']

/**
 * Opens a file and reads it once, to know it again.
 * @throws PushFailure if it cannot be read
 */
export async function openInput(file: string, standardInput: Readable): Promise<Input> {
  if (file === '-') {
    const close = async () => {
      standardInput.destroy()
    }
    return { identity: undefined, stream: standardInput, close }
  }
  try {
    const handle = await open(file)
    const identity = await identify(handle).catch(async (error: unknown) => {
      await handle.close()
      throw error
    })
    const stream = handle.createReadStream({ start: 0, autoClose: false })
    const close = async () => {
      stream.destroy()
      await handle.close()
    }
    return { identity, stream, close }
  } catch (error) {
    throw new PushFailure(`${file} cannot be read (${errorCode(error)}).`, 2, { cause: error })
  }
}

async function identify(handle: FileHandle): Promise<FileIdentity> {
  const hash = createHash('sha256')
  let bytes = 0
  for await (const chunk of handle.createReadStream({ start: 0, autoClose: false })) {
    hash.update(chunk as Buffer)
    bytes += (chunk as Buffer).length
  }
  return { bytes, sha256: hash.digest('hex') }
}

/**
 * The rows of a file or of standard input.
 * @throws PushFailure if its beginning cannot be read as what it is said to be
 */
export async function readRows(file: string, stream: Readable, options: InputOptions): Promise<RowSource> {
  const counter = { bytes: 0 }
  const texts = decode(stream, options.encoding, counter)
  const first = await firstText(texts)
  const format = options.format ?? guessFormat(file, first)
  const all = prepend(first, texts)
  const bytesRead = () => counter.bytes
  if (format === 'csv') {
    const { guessDelimiter, readCsv } = await import('./csv-rows.ts')
    return { ...(await readCsv(all, options.delimiter ?? guessDelimiter(first))), bytesRead }
  }
  const { readJsonArray, readJsonLines } = await import('./json-rows.ts')
  const rows = format === 'json' ? readJsonArray(all) : readJsonLines(all)
  return { format, header: undefined, rows, delimiter: '', bytesRead }
}

function guessFormat(file: string, first: string): Format {
  if (TABLES.includes(extname(file).toLowerCase())) return 'csv'
  const [character] = first.trimStart()
  return character === '[' ? 'json' : character === '{' ? 'jsonl' : 'csv'
}

/** The text of a stream; a byte order mark is dropped. */
async function* decode(
  stream: Readable,
  encoding: string,
  counter: { bytes: number }
): AsyncGenerator<string, void> {
  const decoder = createDecoder(encoding)
  try {
    for await (const chunk of stream) {
      counter.bytes += (chunk as Buffer).length
      yield decoder.decode(chunk as Buffer, { stream: true })
    }
    yield decoder.decode()
  } catch (error) {
    if (errorCode(error) !== 'ERR_ENCODING_INVALID_ENCODED_DATA') throw error
    const detail = `The input is not ${decoder.encoding} near byte ${counter.bytes}`
    throw new PushFailure(`${detail}: give its --encoding, like latin1.`, 2, { cause: error })
  }
}

function createDecoder(encoding: string) {
  try {
    return new TextDecoder(encoding, { fatal: true })
  } catch (error) {
    throw new PushFailure(`--encoding: there is no ${encoding}; utf-8 and latin1 are two.`, 2, {
      cause: error
    })
  }
}

/** The first line that is not empty, and what came with it. */
async function firstText(texts: AsyncGenerator<string, void>): Promise<string> {
  let first = ''
  while (first.length < MAX_FIRST_CHARACTERS && !/\S.*[\r\n]/.test(first)) {
    const { done, value } = await texts.next()
    if (done === true) break
    first += value
  }
  return first
}

async function* prepend(first: string, texts: AsyncGenerator<string, void>): AsyncGenerator<string, void> {
  if (first !== '') yield first
  yield* texts
}
