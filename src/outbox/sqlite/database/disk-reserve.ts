import { randomBytes } from 'node:crypto'
import { rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { steadyNow } from '../../../steady-clock.ts'

const FILE = 'gateway.reserve'
/** In bytes: room for the notes of some hundred requests. */
const SIZE = 4 * 1024 * 1024
/** Pause between two tries to make the file, in milliseconds. */
const RESTORE_EVERY_MS = 10_000

/**
 * A file that keeps room on the disk for what must be written when it is full: notes of what VICIdial has just set,
 * without which an older update would undo it. Everything else is refused until the room is there again.
 */
export class DiskReserve {
  readonly #path: string
  #fault: string | undefined
  #nextTryAt = 0

  constructor(directory: string) {
    this.#path = join(directory, FILE)
    if (statSync(this.#path, { throwIfNoEntry: false })?.size !== SIZE) this.#restore()
  }

  /** Why the file does not exist; undefined if it does. Tries to make it again. */
  get fault(): string | undefined {
    if (this.#fault !== undefined && steadyNow() >= this.#nextTryAt) this.#restore()
    return this.#fault
  }

  /** Deletes the file. Returns false if there was none, or if it can't be deleted. */
  release(): boolean {
    if (this.#fault !== undefined) return false
    try {
      rmSync(this.#path, { force: true })
    } catch {
      return false
    }
    this.#nextTryAt = steadyNow() + RESTORE_EVERY_MS
    this.#fault = 'the disk is full'
    return true
  }

  #restore(): void {
    this.#nextTryAt = steadyNow() + RESTORE_EVERY_MS
    try {
      // A file system that compresses would store a repeated text in hardly any room.
      writeFileSync(this.#path, randomBytes(SIZE), { mode: 0o600 })
      this.#fault = undefined
    } catch (error) {
      this.#fault = error instanceof Error ? error.message : 'unknown'
      this.#remove()
    }
  }

  /** Removes what was written of the file. */
  #remove(): void {
    try {
      rmSync(this.#path, { force: true })
    } catch {
      // The next try overwrites it.
    }
  }
}
