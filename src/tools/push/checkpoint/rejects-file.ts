import {
  closeSync,
  existsSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
  writeSync
} from 'node:fs'
import { dirname } from 'node:path'
import { stringify } from 'csv-stringify/sync'
import { errorCode } from '../../../error-code.ts'
import { isObject } from '../../../leads/is-object.ts'
import { PushFailure } from '../errors.ts'
import { NOTE_COLUMNS, notesOf, type Reject } from '../columns/reject.ts'
import { rawBytes, rawText } from '../input/encoding.ts'
import type { RowSource } from '../input/row.ts'
import type { Checkpoint } from './checkpoint.ts'
import type { RejectPlace } from './row-records.ts'

type Shape = Pick<RowSource, 'header' | 'delimiter' | 'encoding'>

/** The file of rejected rows, in the format of the input, each with the reason. */
export class RejectsFile {
  readonly #path: string
  #file: number | undefined
  #bytes: number

  /**
   * Opens the file, and cuts off what a killed run wrote but did not record in the checkpoint.
   * @param checkpoint knows the file's length, and whether a new file has to replace it
   * @throws PushFailure if the file is shorter, or if a new push finds one that isn't empty
   */
  constructor(path: string, checkpoint: Checkpoint) {
    this.#path = path
    this.#bytes = checkpoint.rejectBytes
    if (checkpoint.replacesRejects) this.#replace(checkpoint)
    const length = this.#open('r+')
    if (checkpoint.isNew && length > 0)
      throw new PushFailure(
        `${path} already exists, from another push: move it away, or choose another --rejects.`,
        2
      )
    // The operator may have moved the rejects away.
    if (this.#file === undefined) {
      this.#bytes = 0
      checkpoint.forgetRejects()
    } else if (length < this.#bytes)
      throw new PushFailure(`${path} is shorter than this push left it: restore it, or move it away.`, 2)
    else ftruncateSync(this.#file, this.#bytes)
  }

  /** Its length in bytes. */
  get bytes(): number {
    return this.#bytes
  }

  /** Appends rejects. They are on disk when this returns. */
  append(rejects: readonly Reject[], shape: Shape): RejectPlace[] {
    if (rejects.length === 0) return []
    if (this.#file === undefined) this.#open('w+')
    const file = this.#file as number
    const content = shape.header === undefined ? jsonLines(rejects, shape) : csv(rejects, shape.header, shape)
    const head = this.#bytes > 0 ? [] : [shape.encoding.mark, ...startOf(shape)]
    const start = head.reduce((sum, { length }) => sum + length, this.#bytes)
    const places = placesOf(
      content.map(({ length }, n) => ({ row: rejects[n]?.row.index ?? 0, length })),
      start
    )
    this.#bytes += writeAll(file, Buffer.concat([...head, ...content]), this.#bytes)
    return places
  }

  /**
   * Goes back to a row: removes the rejects from it on, in the file and in the checkpoint. A crash leaves both as they
   * were, or a new file that the next run puts in the place of the old one.
   */
  goBack(checkpoint: Checkpoint, row: number): void {
    const kept = checkpoint.rejectsBefore(row)
    const [first] = checkpoint.rejectsBefore(Number.MAX_SAFE_INTEGER)
    const read = ({ start, bytes }: { readonly start: number; readonly bytes: number }) => {
      const part = Buffer.alloc(bytes)
      if (this.#file !== undefined) readSync(this.#file, part, 0, bytes, start)
      return part
    }
    // The header is what is before the first reject.
    const headBytes = kept.length === 0 ? 0 : (first?.start ?? 0)
    const content = Buffer.concat([read({ start: 0, bytes: headBytes }), ...kept.map(read)])
    const places = placesOf(
      kept.map(({ row, bytes }) => ({ row, length: bytes })),
      headBytes
    )
    rmSync(`${this.#path}${NEW}`, { force: true })
    if (this.#file !== undefined) {
      const file = openSync(`${this.#path}${NEW}`, 'w')
      writeAll(file, content, 0)
      closeSync(file)
    }
    checkpoint.goBack(row, places, content.length)
    this.#bytes = content.length
    this.#replace(checkpoint)
    if (this.#file !== undefined) this.#open('r+')
  }

  close(): void {
    if (this.#file !== undefined) closeSync(this.#file)
  }

  /** Puts the new file in the place of the old one, if it isn't there yet. */
  #replace(checkpoint: Checkpoint): void {
    const path = `${this.#path}${NEW}`
    if (existsSync(path)) {
      renameSync(path, this.#path)
      syncDirectory(dirname(path))
    }
    checkpoint.saveRejectsReplaced()
  }

  #open(flags: 'r+' | 'w+'): number {
    this.close()
    this.#file = undefined
    try {
      this.#file = openSync(this.#path, flags)
      if (flags === 'w+') syncDirectory(dirname(this.#path))
      return fstatSync(this.#file).size
    } catch (error) {
      if (flags === 'r+' && errorCode(error) === 'ENOENT') return 0
      throw new PushFailure(`Can't write ${this.#path} (${errorCode(error)}).`, 2, { cause: error })
    }
  }
}

/** What the name of a new rejects file has at its end, until it replaces the old one. */
const NEW = '.new'

/** Places of consecutive rejects. */
function placesOf(
  rejects: readonly { readonly row: number; readonly length: number }[],
  from: number
): RejectPlace[] {
  let start = from
  return rejects.map(({ row, length }) => {
    const place = { row, start, bytes: length }
    start += length
    return place
  })
}

/** Writes bytes, which are on disk when this returns. Returns how many. */
function writeAll(file: number, bytes: Buffer, position: number): number {
  for (let written = 0; written < bytes.length;)
    written += writeSync(file, bytes, written, bytes.length - written, position + written)
  fsyncSync(file)
  return bytes.length
}

/** Makes a new file's name survive a power cut. */
function syncDirectory(path: string): void {
  const directory = openSync(path, 'r')
  fsyncSync(directory)
  closeSync(directory)
}

/** The header of a rejects file, if its format has one. */
function startOf({ header, delimiter, encoding }: Shape): Buffer[] {
  if (header === undefined) return []
  const names = [...header.filter((name) => !NOTE_COLUMNS.includes(name)), ...NOTE_COLUMNS]
  return [encoding.encode(stringify([names], { delimiter }))]
}

/** Rows in the encoding of the input, with notes. */
function csv(
  rejects: readonly Reject[],
  header: readonly string[],
  { delimiter, encoding }: Shape
): Buffer[] {
  const own = header.flatMap((name, index) => (NOTE_COLUMNS.includes(name) ? [] : [index]))
  return rejects.map((reject) => {
    const { value, rawCells } = reject.row
    const cells = rawCells ?? (value as readonly string[])
    const notes = notesOf(reject)
    const row = [
      ...own.map((index) => cells[index] ?? ''),
      ...cells.slice(header.length),
      ...(rawCells === undefined
        ? notes
        : notes.map((note) => rawText(encoding.encode(String(note)), encoding)))
    ]
    const text = stringify([row], { delimiter })
    return rawCells === undefined ? encoding.encode(text) : rawBytes(text, encoding)
  })
}

function jsonLines(rejects: readonly Reject[], { encoding }: Shape): Buffer[] {
  const canWriteAll = encoding.name === 'utf-8' || encoding.unit === 2
  return rejects.map((reject) => {
    const { value } = reject.row
    const notes = Object.fromEntries(NOTE_COLUMNS.map((name, index) => [name, notesOf(reject)[index]]))
    const text = JSON.stringify({ ...(isObject(value) ? value : { push_row: value }), ...notes })
    return encoding.encode(`${canWriteAll ? text : escaped(text)}\n`)
  })
}

/** JSON in ASCII. */
function escaped(json: string): string {
  return json.replaceAll(/[^\0-\x7F]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
}
