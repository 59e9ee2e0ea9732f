import { existsSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { steadyNow } from '../../../steady-clock.ts'

const FILE = 'gateway.reserve'
/** In bytes: room for the notes of some hundred requests. */
const SIZE = 4 * 1024 * 1024
/** Pause between two tries to get the room back, in milliseconds. */
const RESTORE_EVERY_MS = 10_000

/**
 * A file that keeps room on the disk for what must be written when it is full: notes of what VICIdial has just set,
 * without which an older update would undo it. Everything else is refused until the room is there again.
 */
export class DiskReserve {
  readonly #path: string
  #isHeld: boolean
  #nextTryAt = 0

  constructor(directory: string) {
    this.#path = join(directory, FILE)
    this.#isHeld = statSync(this.#path, { throwIfNoEntry: false })?.size === SIZE
  }

  /** Whether the room is kept; tries to get it back if it was given up. */
  get isHeld(): boolean {
    if (!this.#isHeld && steadyNow() >= this.#nextTryAt) this.#restore()
    return this.#isHeld
  }

  /** Gives the room up. Returns false if there was none. */
  release(): boolean {
    if (!this.#isHeld) return false
    this.#nextTryAt = steadyNow() + RESTORE_EVERY_MS
    this.#isHeld = false
    rmSync(this.#path, { force: true })
    return true
  }

  #restore(): void {
    this.#nextTryAt = steadyNow() + RESTORE_EVERY_MS
    try {
      // Zeros would do, but a file system may store a run of them in no room at all.
      writeFileSync(this.#path, Buffer.alloc(SIZE, 'reserve'), { mode: 0o600 })
      this.#isHeld = true
    } catch {
      // The disk is full.
      if (existsSync(this.#path)) rmSync(this.#path, { force: true })
    }
  }
}
