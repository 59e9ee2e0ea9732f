import { createHash } from 'node:crypto'
import { type FileHandle, open } from 'node:fs/promises'
import { extname } from 'node:path'
import type { Readable } from 'node:stream'
import { errorCode } from '../../../error-code.ts'
import { PushFailure } from '../errors.ts'
import type { Format, RowSource } from './row.ts'

/** Size and hash of a file, to recognize it when a push is resumed. */
export interface FileIdentity {
  readonly bytes: number
  readonly sha256: string
}

/** The input of a push: a file, or standard input, which has no identity. */
export interface Input {
  readonly identity: FileIdentity | undefined
  readonly stream: Readable
  /** Must be called even if the stream was not read. */
  close(): Promise<void>
}

export interface InputOptions {
  /** Undefined: guessed from the file's name and first character. */
  readonly format?: Format
  /** A label of the Encoding Standard, like `utf-8` or `latin1`. */
  readonly encoding: string
  /** Undefined: guessed from the header. */
  readonly delimiter?: string
}

/** How many characters at the start to read for guessing format and delimiter. */
const MAX_FIRST_CHARACTERS = 65_536
const TABLES = ['.csv', '.tsv', '.tab']

/**
 * Opens a file, and reads it once for its identity. `-` is standard input.
 * @throws PushFailure if it can't be read
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
    throw new PushFailure(`Can't read ${file} (${errorCode(error)}).`, 2, { cause: error })
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
 * Reads the rows of a file or of standard input.
 * @throws PushFailure if the start of the input is invalid
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

/** The text of a stream, without a byte order mark. */
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
    const detail = `The input is not valid ${decoder.encoding} near byte ${counter.bytes}`
    throw new PushFailure(`${detail}: set --encoding, for example latin1.`, 2, { cause: error })
  }
}

function createDecoder(encoding: string) {
  try {
    return new TextDecoder(encoding, { fatal: true })
  } catch (error) {
    throw new PushFailure(`--encoding: unknown encoding ${encoding}; examples are utf-8 and latin1.`, 2, {
      cause: error
    })
  }
}

/** Text from the start up to the end of the first line that isn't empty, or some more. */
async function firstText(texts: AsyncGenerator<string, void>): Promise<string> {
  let first = ''
  while (first.length < MAX_FIRST_CHARACTERS && !/[\r\n]/.test(first.trimStart())) {
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
