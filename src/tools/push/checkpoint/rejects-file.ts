import { closeSync, fstatSync, fsyncSync, ftruncateSync, openSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'
import { stringify } from 'csv-stringify/sync'
import { errorCode } from '../../../error-code.ts'
import { isObject } from '../../../leads/is-object.ts'
import { PushFailure } from '../errors.ts'
import { NOTE_COLUMNS, notesOf, type Reject } from '../columns/reject.ts'
import { rawBytes, rawText } from '../input/encoding.ts'
import type { RowSource } from '../input/row.ts'

type Shape = Pick<RowSource, 'header' | 'delimiter' | 'encoding'>

/** The file of rejected rows, in the format of the input, each with the reason. */
export class RejectsFile {
  readonly #path: string
  #file: number | undefined
  #bytes: number

  /**
   * Opens the file, and cuts off what a killed run wrote but did not record in the checkpoint.
   * @param bytes the length according to the checkpoint
   * @throws PushFailure if the file is shorter, or if a new push finds one that isn't empty
   */
  constructor(path: string, bytes: number, isNew: boolean) {
    this.#path = path
    this.#bytes = bytes
    const length = this.#open('r+')
    if (isNew && length > 0)
      throw new PushFailure(
        `${path} already exists, from another push: move it away, or choose another --rejects.`,
        2
      )
    // The operator may have moved the rejects away.
    if (this.#file === undefined) this.#bytes = 0
    else if (length < bytes)
      throw new PushFailure(`${path} is shorter than this push left it: restore it, or move it away.`, 2)
    else ftruncateSync(this.#file, bytes)
  }

  /** Its length in bytes. */
  get bytes(): number {
    return this.#bytes
  }

  /** Appends rejects. They are on disk when this returns. */
  append(rejects: readonly Reject[], shape: Shape): void {
    if (rejects.length === 0) return
    if (this.#file === undefined) this.#open('w+')
    const file = this.#file as number
    const content = shape.header === undefined ? jsonLines(rejects, shape) : csv(rejects, shape.header, shape)
    const start = this.#bytes > 0 ? [] : [shape.encoding.mark, ...startOf(shape)]
    const bytes = Buffer.concat([...start, ...content])
    for (let written = 0; written < bytes.length;)
      written += writeSync(file, bytes, written, bytes.length - written, this.#bytes + written)
    fsyncSync(file)
    this.#bytes += bytes.length
  }

  close(): void {
    if (this.#file !== undefined) closeSync(this.#file)
  }

  #open(flags: 'r+' | 'w+'): number {
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
