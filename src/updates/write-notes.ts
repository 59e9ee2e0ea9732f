import { overloaded, StorageError } from '../errors.ts'
import type { DeliveredFields, UpdateQueue } from '../outbox/queue.ts'

export interface WriteNotesOptions {
  readonly queue: Pick<UpdateQueue, 'supersede'>
  readonly log: { error(members: object, message: string): void }
}

/** What a request has set. */
interface WriteNote {
  readonly delivered: readonly DeliveredFields[]
  /** See `UpdateQueue.supersede`. */
  readonly sequence: number
  /** Called when it is on disk. */
  readonly noted: () => void
}

/** Pause between two tries to write, in milliseconds. */
const RETRY_MS = 1_000
/** Most leads whose notes may wait for the disk, to bound memory. */
const MAX_WAITING = 100_000
/** In seconds; the disk is mostly cleared by hand. */
const RETRY_AFTER_SECONDS = 30

/**
 * Notes in the outbox what requests have set, so that older stored updates don't undo it. A note that can't be written
 * is tried again until it is, or until the process ends.
 */
export class WriteNotes {
  readonly #options: WriteNotesOptions
  readonly #waiting = new Set<WriteNote>()
  #leads = 0
  #timer: NodeJS.Timeout | undefined
  #isStopped = false

  constructor(options: WriteNotesOptions) {
    this.#options = options
  }

  /** @throws Problem overloaded, if so many notes wait for the disk that no more may */
  requireRoom(): void {
    if (this.#leads <= MAX_WAITING) return
    throw overloaded('The latest updates cannot be recorded on disk.', RETRY_AFTER_SECONDS)
  }

  /**
   * Writes a note. Resolves after the first try, with whether it is on disk: only then `noted` has been called. After
   * `stop` nothing is written any more: another gateway may have sent older updates since.
   */
  async add(note: WriteNote, requestId: string): Promise<boolean> {
    if (note.delivered.length === 0) {
      note.noted()
      return true
    }
    if (this.#isStopped) return false
    const error = await this.#write(note)
    if (error === undefined) return true
    // VICIdial has the new values and the sender learns that.
    this.#options.log.error({ err: error, request_id: requestId }, 'delivered updates cannot be noted')
    this.#waiting.add(note)
    this.#leads += note.delivered.length
    this.#schedule()
    return false
  }

  /** Tries the notes that wait once more. Resolves when that is over. */
  async stop(): Promise<void> {
    this.#isStopped = true
    clearTimeout(this.#timer)
    await Promise.all([...this.#waiting].map((note) => this.#write(note)))
  }

  #schedule(): void {
    if (this.#isStopped) return
    this.#timer ??= setTimeout(() => {
      void this.#retry().then(() => {
        this.#timer = undefined
        if (this.#waiting.size > 0) this.#schedule()
      })
    }, RETRY_MS)
  }

  /** Tries the note that has waited longest, and if it is written all others at once, so that they share commits. */
  async #retry(): Promise<void> {
    const [first, ...others] = this.#waiting
    if (first !== undefined && (await this.#rewrite(first)))
      await Promise.all(others.map((note) => this.#rewrite(note)))
  }

  /** Tries a note that waits; returns whether it is written. */
  async #rewrite(note: WriteNote): Promise<boolean> {
    if ((await this.#write(note)) !== undefined) return false
    this.#waiting.delete(note)
    this.#leads -= note.delivered.length
    return true
  }

  /** Returns why it can't be written. */
  async #write({ delivered, sequence, noted }: WriteNote): Promise<StorageError | undefined> {
    try {
      await this.#options.queue.supersede(delivered, sequence)
      noted()
      return undefined
    } catch (error) {
      if (error instanceof StorageError) return error
      throw error
    }
  }
}
