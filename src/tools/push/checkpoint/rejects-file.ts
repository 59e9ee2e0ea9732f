import { closeSync, fstatSync, fsyncSync, ftruncateSync, openSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'
import { stringify } from 'csv-stringify/sync'
import { errorCode } from '../../../error-code.ts'
import { isObject } from '../../../leads/is-object.ts'
import { PushFailure } from '../errors.ts'
import { NOTE_COLUMNS, notesOf, type Reject } from '../columns/reject.ts'
import type { RowSource } from '../input/row.ts'

type Shape = Pick<RowSource, 'header' | 'delimiter'>

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
    const text =
      shape.header === undefined ? jsonLines(rejects) : csv(rejects, shape.header, shape, this.#bytes === 0)
    const bytes = Buffer.from(text)
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

function csv(
  rejects: readonly Reject[],
  header: readonly string[],
  { delimiter }: Shape,
  isFirst: boolean
): string {
  const own = header.flatMap((name, index) => (NOTE_COLUMNS.includes(name) ? [] : [index]))
  const rows = rejects.map((reject) => {
    const cells = reject.row.value as readonly string[]
    const missing = Math.max(0, header.length - cells.length)
    const kept = [...cells, ...Array.from({ length: missing }, () => '')]
    return [...own.map((index) => kept[index]), ...kept.slice(header.length), ...notesOf(reject)]
  })
  const names = [...own.map((index) => header[index]), ...NOTE_COLUMNS]
  return stringify(isFirst ? [names, ...rows] : rows, { delimiter })
}

function jsonLines(rejects: readonly Reject[]): string {
  return rejects
    .map((reject) => {
      const { value } = reject.row
      const notes = Object.fromEntries(NOTE_COLUMNS.map((name, index) => [name, notesOf(reject)[index]]))
      return `${JSON.stringify({ ...(isObject(value) ? value : { push_row: value }), ...notes })}\n`
    })
    .join('')
}
