import { fstatSync } from 'node:fs'
import { Socket } from 'node:net'
import { type DestinationStream, pino } from 'pino'

/** Most characters of lines that wait for their reader: a few thousand lines. */
const MAX_WAITING = 1024 * 1024
/** How long the end of the process waits for the reader, in milliseconds. */
const MAX_END_MS = 1_000

/**
 * Where the log goes: standard output. A pipe's reader may stall, which must not hold up the process, so a pipe is
 * written without waiting, and lines that don't fit any more are dropped and counted.
 */
export class LogOutput implements DestinationStream {
  readonly #destination: Socket | DestinationStream
  readonly #onFlow: (dropped: number) => void
  #dropped = 0
  /** Dropped since `onFlow` was called. */
  #unreported = 0

  /**
   * @param fd a file descriptor
   * @param onFlow called when lines that could not be written were dropped, and the reader takes some again
   */
  constructor(fd: number, onFlow: (dropped: number) => void) {
    this.#onFlow = onFlow
    const kind = fstatSync(fd)
    // A file takes every line at once, so that a crash loses none.
    if (kind.isFIFO() || kind.isSocket()) this.#destination = this.#pipe(fd)
    else this.#destination = pino.destination({ fd, sync: true })
  }

  /** Lines dropped so far. */
  get dropped(): number {
    return this.#dropped
  }

  write(line: string): void {
    const destination = this.#destination
    if (destination instanceof Socket && !hasRoom(destination, line)) {
      this.#dropped++
      this.#unreported++
      return
    }
    destination.write(line)
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

  #pipe(fd: number): Socket {
    const socket = new Socket({ fd, readable: false, writable: true })
    // The reader has gone: what follows is dropped.
    socket.on('error', () => {})
    socket.on('drain', () => {
      if (this.#unreported === 0) return
      const dropped = this.#unreported
      this.#unreported = 0
      this.#onFlow(dropped)
    })
    return socket
  }
}

function hasRoom(socket: Socket, line: string): boolean {
  return socket.writable && socket.writableLength + line.length <= MAX_WAITING
}
