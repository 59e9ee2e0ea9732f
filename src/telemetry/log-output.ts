import { fstatSync } from 'node:fs'
import { Socket } from 'node:net'
import { type DestinationStream, pino } from 'pino'

/** A file or a terminal. */
type SyncDestination = ReturnType<typeof pino.destination>

/** Most characters of lines that wait to be written: a few thousand lines. */
const MAX_WAITING = 1024 * 1024
/** How long lines for a pipe gather, in milliseconds: if the process is killed, the log lacks them. */
const GATHER_MS = 10
/** How long the end of the process waits for the reader, in milliseconds. */
const MAX_END_MS = 1_000

/**
 * The log's output: standard output. A pipe's reader may stall and a file's disk may be full, and neither may block the
 * process: lines wait in a buffer, and when it is full they are dropped and counted.
 */
export class LogOutput implements DestinationStream {
  readonly #destination: Socket | SyncDestination
  readonly #onFlow: (dropped: number) => void
  #dropped = 0
  /** Dropped since `onFlow` was called. */
  #unreported = 0

  /**
   * @param fd a file descriptor
   * @param onFlow called when lines that could not be written were dropped, and some can be written again
   */
  constructor(fd: number, onFlow: (dropped: number) => void) {
    this.#onFlow = onFlow
    const kind = fstatSync(fd)
    if (kind.isFIFO() || kind.isSocket()) {
      this.#destination = new Socket({ fd, readable: false, writable: true })
    } else {
      // A file takes every line at once, so that a crash loses none.
      const file = pino.destination({ fd, sync: true, maxLength: MAX_WAITING })
      file.on('drop', () => {
        this.#drop()
        // Dropping a line writes nothing, so try those that wait: there may be room on the disk again.
        file.write('')
      })
      this.#destination = file
    }
    // The reader has ended, or the disk is full: lines wait, then are dropped.
    this.#destination.on('error', () => {})
    this.#destination.on('drain', () => {
      this.#report()
    })
  }

  /** Lines dropped so far. */
  get dropped(): number {
    return this.#dropped
  }

  /** Writes a line: to a file at once; to a pipe together with others, as a write costs more than a line. */
  write(line: string): void {
    const destination = this.#destination
    if (destination instanceof Socket) this.#gather(destination, line)
    else destination.write(line)
  }

  /** Writes the gathered lines now. pino calls it after a fatal error; the end of the process must, too. */
  flushSync(): void {
    if (this.#destination instanceof Socket) this.#destination.uncork()
  }

  /** Resolves when all lines are written, or after a second. */
  async end(): Promise<void> {
    const destination = this.#destination
    if (!(destination instanceof Socket) || destination.destroyed) return
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, MAX_END_MS)
      destination.end(() => {
        clearTimeout(timer)
        resolve()
      })
    })
  }

  #gather(pipe: Socket, line: string): void {
    if (!hasRoom(pipe, line)) {
      this.#drop()
      return
    }
    if (pipe.writableCorked === 0) {
      pipe.cork()
      setTimeout(() => {
        pipe.uncork()
      }, GATHER_MS)
    }
    pipe.write(line)
  }

  #drop(): void {
    this.#dropped++
    this.#unreported++
  }

  #report(): void {
    if (this.#unreported === 0) return
    const dropped = this.#unreported
    this.#unreported = 0
    this.#onFlow(dropped)
  }
}

function hasRoom(socket: Socket, line: string): boolean {
  return socket.writable && socket.writableLength + line.length <= MAX_WAITING
}
