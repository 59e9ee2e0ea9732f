import type { FastifyRequest } from 'fastify'
import { networkOf } from '../../callers/anonymous-limit.ts'
import { overloaded, Problem } from '../../errors.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** What the body takes in memory; null if it is small, or not read. */
    heldBody: HeldBody | null
  }
}

/** A body in memory, and whose share it takes. */
interface HeldBody {
  readonly share: 'known' | 'anonymous'
  /** A sender that has proved itself, or the network of one that hasn't. */
  readonly sender: string
  bytes: number
}

/** Bytes of each body that are not counted: with so little, connections run out before memory does. */
const FREE_BYTES = 16_384
/** How many bodies of the greatest length may be in memory, of one sender and of all. */
const SHARES = { known: { each: 8, all: 16 }, anonymous: { each: 1, all: 4 } } as const
const RETRY_AFTER_SECONDS = 2

interface Reading {
  /** In bytes; by default the route's. */
  readonly limit?: number
  /** The refusal of a longer body. */
  readonly tooLarge?: () => Problem
}

/**
 * Reads bodies, and bounds what they take in memory: of one sender and of all, and less of senders that have not proved
 * themselves.
 */
export class RequestBodies {
  readonly #maxBytes: number
  /** Bytes in memory by share, and by share and sender. */
  readonly #bytes = new Map<string, number>()

  /** @param maxBodyBytes the greatest length of a body */
  constructor(maxBodyBytes: number) {
    this.#maxBytes = maxBodyBytes
  }

  /**
   * Reads the body of a request.
   * @throws Problem payload_too_large; overloaded if there is no room for it; invalid_request if it does not arrive whole
   */
  read(
    request: FastifyRequest,
    { limit = request.routeOptions.bodyLimit, tooLarge }: Reading = {}
  ): Promise<Buffer> {
    const { raw, headers } = request
    const tooLong = () => tooLarge?.() ?? bodyTooLarge(limit)
    if (Number(headers['content-length']) > limit) return Promise.reject(tooLong())
    if (raw.destroyed) return Promise.reject(notWhole())
    return new Promise((resolve, reject) => {
      const chunks: Buffer[] = []
      let length = 0
      const end = () => {
        raw.off('data', onData).off('end', onEnd).off('error', onError)
      }
      const refuse = (problem: Problem) => {
        end()
        this.release(request)
        reject(problem)
      }
      const onData = (chunk: Buffer) => {
        length += chunk.length
        if (length > limit) refuse(tooLong())
        else if (!this.#holdPart(request, length)) refuse(tooManyBodies())
        else chunks.push(chunk)
      }
      const onEnd = () => {
        end()
        // Always a copy: a chunk may be a view of the buffer that the connection reads into.
        resolve(Buffer.concat(chunks, length))
      }
      const onError = () => {
        refuse(notWhole())
      }
      raw.on('data', onData).on('end', onEnd).on('error', onError)
    })
  }

  /**
   * Counts the body of a request for its sender, if only the body itself has proved who that is. Returns the refusal if
   * that sender has no room.
   */
  countForSender(request: FastifyRequest): Problem | undefined {
    const { heldBody, sender } = request
    if (heldBody === null || heldBody.share === 'known' || sender === null) return undefined
    this.release(request)
    request.heldBody = { ...shareOf(request), bytes: 0 }
    return this.#hold(request.heldBody, heldBody.bytes) ? undefined : tooManyBodies()
  }

  /** Gives back the room of a request's body. To be called when its response is ready; calling it again does nothing. */
  release(request: FastifyRequest): void {
    const { heldBody } = request
    if (heldBody === null) return
    request.heldBody = null
    this.#add(heldBody, -heldBody.bytes)
  }

  /** Takes room for `length` bytes of a body in all. Returns whether there is any. */
  #holdPart(request: FastifyRequest, length: number): boolean {
    if (length <= FREE_BYTES) return true
    const held = (request.heldBody ??= { ...shareOf(request), bytes: 0 })
    return this.#hold(held, length - FREE_BYTES - held.bytes)
  }

  #hold(held: HeldBody, more: number): boolean {
    const { each, all } = SHARES[held.share]
    const hasRoom =
      this.#of(held.share) + more <= all * this.#maxBytes &&
      this.#of(nameOf(held)) + more <= each * this.#maxBytes
    if (!hasRoom) return false
    held.bytes += more
    this.#add(held, more)
    return true
  }

  #of(name: string): number {
    return this.#bytes.get(name) ?? 0
  }

  #add(held: HeldBody, bytes: number): void {
    for (const name of [held.share, nameOf(held)]) {
      const sum = this.#of(name) + bytes
      if (sum === 0) this.#bytes.delete(name)
      else this.#bytes.set(name, sum)
    }
  }
}

function shareOf({ sender, ip }: FastifyRequest): Pick<HeldBody, 'share' | 'sender'> {
  return sender === null ? { share: 'anonymous', sender: networkOf(ip) } : { share: 'known', sender }
}

function nameOf({ share, sender }: HeldBody): string {
  return `${share} ${sender}`
}

function tooManyBodies(): Problem {
  return overloaded('Too many large bodies are in memory.', RETRY_AFTER_SECONDS)
}

function notWhole(): Problem {
  return new Problem('invalid_request', 'The request is incomplete.')
}

function bodyTooLarge(limit: number): Problem {
  return new Problem(
    'payload_too_large',
    `The body is larger than ${limit} bytes. Send the updates in parts.`
  )
}
