import { createWriteStream, existsSync, renameSync, rmSync } from 'node:fs'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { ReadableStream } from 'node:stream/web'
import { type CopyContents, checkCopy } from './check-copy.ts'

/** Ends the name of a file that is not complete yet. */
const PARTIAL = '.partial'

/** A copy was not saved. The message says why. */
export class NotSaved extends Error {
  override readonly name = 'NotSaved'
}

/**
 * Saves a copy of the gateway's database under a new name. The file appears only when it is complete, checked and on disk.
 * @param file does not exist yet
 * @throws NotSaved
 */
export async function saveCopy(content: ReadableStream, file: string): Promise<CopyContents> {
  const partial = `${file}${PARTIAL}`
  try {
    await pipeline(Readable.fromWeb(content), createWriteStream(partial, { mode: 0o600, flush: true }))
    const contents = checkCopy(partial)
    if (contents === undefined)
      throw new NotSaved('What arrived is not a whole database of a gateway. Is the URL right?')
    if (existsSync(file)) throw new NotSaved(`${file} exists.`)
    renameSync(partial, file)
    return contents
  } catch (error) {
    rmSync(partial, { force: true })
    if (error instanceof NotSaved) throw error
    throw new NotSaved(`The copy could not be saved: ${error instanceof Error ? error.message : 'unknown'}`)
  }
}
