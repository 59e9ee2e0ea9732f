import { PushFailure } from '../errors.ts'
import type { Encoding } from './encoding.ts'

/** A part of the input. */
export interface Piece {
  readonly text: string
  /** Its bytes, if they are not text in the input's encoding. The text then has U+FFFD for some. */
  readonly undecodable?: Buffer
}

/** A line of the input. */
export interface Line extends Piece {
  /** From 1. */
  readonly number: number
  /** Without the line's end, which `undecodable` has. */
  readonly text: string
  /** The line break after it; empty for a last line without one. */
  readonly end: string
}

const LF = 0x0a
const CR = 0x0d
const BRACE = 0x7d
const BYTE_ORDER_MARK = '\uFEFF'
/** A file can mix these, if several programs wrote to it. */
const NEW_LINE = /(\r\n|\n|\r)/

/**
 * Splits bytes into lines. A line that can't be decoded spoils no other.
 * @returns the lines in groups, as they arrive
 */
export async function* readLines(
  chunks: AsyncIterable<Buffer>,
  encoding: Encoding
): AsyncGenerator<readonly Line[], void> {
  let number = 0
  for await (const block of readBlocks(chunks, encoding, isNewLine))
    yield textsOf(block, encoding, isNewLine).flatMap(({ text, undecodable }) =>
      splitText(text).map((line) => ({ number: ++number, ...line, ...(undecodable && { undecodable }) }))
    )
}

/** Encodings in which no byte of another character is a `}`. */
const HAS_CLEAR_BRACES = /^(?:utf|windows|iso-8859)-/

/**
 * Splits bytes into pieces of JSON, which end after a `}` or a line break. One that can't be decoded spoils no other.
 * @returns the pieces in groups, as they arrive
 */
export async function* readPieces(
  chunks: AsyncIterable<Buffer>,
  encoding: Encoding
): AsyncGenerator<readonly Piece[], void> {
  const isEnd = HAS_CLEAR_BRACES.test(encoding.name)
    ? (unit: number) => unit === BRACE || isNewLine(unit)
    : isNewLine
  for await (const block of readBlocks(chunks, encoding, isEnd)) yield textsOf(block, encoding, isEnd)
}

/** How many bytes at the start are counted: a file has about as many lines in the rest. */
const MAX_COUNTED_BYTES = 16_777_216

/** Counts the lines of a file in any encoding whose line breaks are those of ASCII, or of UTF-16. */
export class LineCounter {
  #bytes = 0
  #countedBytes = 0
  #ends = 0
  /** Of bytes that are not 0: UTF-16 has one beside each line break. */
  #last = LF

  add(bytes: Buffer): void {
    this.#bytes += bytes.length
    if (this.#countedBytes >= MAX_COUNTED_BYTES) return
    this.#countedBytes += bytes.length
    // An iterator would take three times as long.
    for (let index = 0; index < bytes.length; index++) {
      const byte = bytes[index] as number
      if (byte === 0) continue
      if (byte === CR || (byte === LF && this.#last !== CR)) this.#ends++
      this.#last = byte
    }
  }

  /** Lines of everything added; an estimate if that is long. A last line may have no end. */
  get count(): number {
    const counted = this.#ends + (isNewLine(this.#last) ? 0 : 1)
    return Math.round((counted * this.#bytes) / Math.max(1, this.#countedBytes))
  }
}

/** How long a line may be, in bytes. A longer one is no row, and doesn't fit into memory. */
const MAX_LINE_BYTES = 16_777_216

/**
 * Joins chunks to blocks that end after one of the units that `isEnd` names.
 * @throws PushFailure if there is none for too long
 */
async function* readBlocks(
  chunks: AsyncIterable<Buffer>,
  encoding: Encoding,
  isEnd: (unit: number) => boolean
): AsyncGenerator<Buffer, void> {
  let open: Buffer[] = []
  let openBytes = 0
  let tail: Buffer = Buffer.alloc(0)
  for await (const chunk of chunks) {
    const joined = tail.length === 0 ? chunk : Buffer.concat([tail, chunk])
    const whole = wholeUnits(joined, encoding)
    tail = joined.subarray(whole)
    const block = joined.subarray(0, whole)
    const end = lastEnd(block, encoding, isEnd)
    if (end > 0) {
      yield open.length === 0 ? block.subarray(0, end) : Buffer.concat([...open, block.subarray(0, end)])
      open = []
      openBytes = 0
    }
    if (end === whole) continue
    open.push(block.subarray(end))
    openBytes += whole - end
    if (openBytes > MAX_LINE_BYTES)
      throw new PushFailure(`The input has a line of more than ${MAX_LINE_BYTES} bytes.`, 1)
  }
  const rest = Buffer.concat([...open, tail])
  if (rest.length > 0) yield rest
}

/** How many bytes are whole characters of 1 or 2 bytes. A CR at the end doesn't count: a LF may follow. */
function wholeUnits(block: Buffer, encoding: Encoding): number {
  const whole = block.length - (block.length % encoding.unit)
  return whole > 0 && unitAt(block, whole - encoding.unit, encoding) === CR ? whole - encoding.unit : whole
}

/** The index after the last end. */
function lastEnd(block: Buffer, encoding: Encoding, isEnd: (unit: number) => boolean): number {
  for (let index = block.length - encoding.unit; index >= 0; index -= encoding.unit)
    if (isEnd(unitAt(block, index, encoding))) return index + encoding.unit
  return 0
}

function isNewLine(unit: number): boolean {
  return unit === LF || unit === CR
}

function unitAt(block: Buffer, index: number, { unit, name }: Encoding): number {
  if (unit === 1) return block[index] ?? 0
  return name === 'utf-16le' ? block.readUInt16LE(index) : block.readUInt16BE(index)
}

/** The text of a block. In parts only if something in it can't be decoded. */
function textsOf(block: Buffer, encoding: Encoding, isEnd: (unit: number) => boolean): Piece[] {
  try {
    return [{ text: encoding.decode(block) }]
  } catch {
    return splitBytes(block, encoding, isEnd).map((bytes) => {
      try {
        return { text: encoding.decode(bytes) }
      } catch {
        return { text: encoding.decodeLossy(bytes), undecodable: bytes }
      }
    })
  }
}

function splitText(text: string): Pick<Line, 'text' | 'end'>[] {
  const parts = text.split(NEW_LINE)
  const lines: Pick<Line, 'text' | 'end'>[] = []
  for (let index = 0; index < parts.length; index += 2) {
    const end = parts[index + 1] ?? ''
    const part = parts[index] ?? ''
    // Where another file was appended.
    const text = part.startsWith(BYTE_ORDER_MARK) ? part.slice(1) : part
    if (text !== '' || end !== '') lines.push({ text, end })
  }
  return lines
}

/** Splits a block after each end. */
function splitBytes(block: Buffer, encoding: Encoding, isEnd: (unit: number) => boolean): Buffer[] {
  const { unit } = encoding
  const lines: Buffer[] = []
  let start = 0
  for (let index = 0; index + unit <= block.length; index += unit) {
    const code = unitAt(block, index, encoding)
    if (!isEnd(code)) continue
    const next = index + unit
    if (code === CR && next + unit <= block.length && unitAt(block, next, encoding) === LF) index += unit
    lines.push(block.subarray(start, index + unit))
    start = index + unit
  }
  if (start < block.length) lines.push(block.subarray(start))
  return lines
}
