import { statSync } from 'node:fs'

/** A file as it was last seen. */
interface Seen {
  readonly path: string
  readonly device: number
  readonly inode: number
  size: number
}

/**
 * The files of an open database. SQLite keeps using a file that was deleted, replaced or cut, so the gateway would accept
 * updates that no restart can find.
 */
export class DatabaseFiles {
  readonly #files: readonly Seen[]
  readonly #onLoss: (fault: string) => void
  #isLost = false

  /**
   * @param path the database, which is open; its write-ahead log is beside it
   * @param onLoss called once with what was found
   */
  constructor(path: string, onLoss: (fault: string) => void) {
    this.#files = [path, `${path}-wal`].map((file) => {
      const { dev: device, ino: inode, size } = statSync(file)
      return { path: file, device, inode, size }
    })
    this.#onLoss = onLoss
  }

  /** What has happened to the files; undefined if they are in place. Costs two system calls. */
  get fault(): string | undefined {
    const lost = this.#files.find((file) => !isInPlace(file))
    if (lost === undefined) return undefined
    const fault = `The file ${lost.path} was deleted, replaced or cut while in use.`
    if (!this.#isLost) this.#onLoss(fault)
    this.#isLost = true
    return fault
  }
}

/** Whether a file is the one that was opened. Neither file becomes smaller while it is open. */
function isInPlace(file: Seen): boolean {
  const found = statSync(file.path, { throwIfNoEntry: false })
  if (found?.ino !== file.inode || found.dev !== file.device || found.size < file.size) return false
  file.size = found.size
  return true
}
