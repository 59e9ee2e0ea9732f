import { closeSync, fstatSync, fsyncSync, ftruncateSync, openSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'
import { stringify } from 'csv-stringify/sync'
import { errorCode } from '../../error-code.ts'
import { isObject } from '../../leads/is-object.ts'
import { PushFailure } from './push-failure.ts'
import { NOTES, notesOf, type Reject } from './reject.ts'
import type { RowSource } from './row.ts'

type Shape = Pick<RowSource, 'header' | 'delimiter'>

/** The file into which rejected rows go, in the format of the input, each with its notes. */
export class RejectsFile {
  readonly #path: string
  #file: number | undefined
  #bytes: number

  /**
   * Takes away what a run that was killed wrote without having stored that it did.
   * @param bytes the length that the file is known to have; 0: it must not be there yet, or be empty
   * @throws PushFailure if it has not that length at least
   */
  constructor(path: string, bytes: number, isNew: boolean) {
    this.#path = path
    this.#bytes = bytes
    const length = this.#open('r+')
    if (isNew && length > 0)
      throw new PushFailure(
        `${path} is there already, of another push: put it aside, or give another --rejects.`,
        2
      )
    // Whoever has taken the rejects away has them.
    if (this.#file === undefined) this.#bytes = 0
    else if (length < bytes)
      throw new PushFailure(`${path} is shorter than this push has left it: put it back, or put it aside.`, 2)
    else ftruncateSync(this.#file, bytes)
  }

  /** Its length in bytes. */
  get bytes(): number {
    return this.#bytes
  }

  /** Writes rejects at the end; when this returns they are on disk. */
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
      throw new PushFailure(`${this.#path} cannot be written (${errorCode(error)}).`, 2, { cause: error })
    }
  }
}

/** A new file's name is lost in a power cut until then. */
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
  const own = header.flatMap((name, place) => (NOTES.includes(name) ? [] : [place]))
  const rows = rejects.map((reject) => {
    const cells = reject.row.value as readonly string[]
    const missing = Math.max(0, header.length - cells.length)
    const kept = [...cells, ...Array.from({ length: missing }, () => '')]
    return [...own.map((place) => kept[place]), ...kept.slice(header.length), ...notesOf(reject)]
  })
  const names = [...own.map((place) => header[place]), ...NOTES]
  return stringify(isFirst ? [names, ...rows] : rows, { delimiter })
}

function jsonLines(rejects: readonly Reject[]): string {
  return rejects
    .map((reject) => {
      const { value } = reject.row
      const notes = Object.fromEntries(NOTES.map((name, place) => [name, notesOf(reject)[place]]))
      return `${JSON.stringify({ ...(isObject(value) ? value : { push_row: value }), ...notes })}\n`
    })
    .join('')
}
