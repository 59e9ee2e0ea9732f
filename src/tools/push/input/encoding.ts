import { PushFailure } from '../errors.ts'

/** The encoding of the input, as its first bytes or `--encoding` say. */
export interface Encoding {
  /** The name that the Encoding Standard gives it. */
  readonly name: string
  /** The byte order mark at the start of the input; empty if there is none. */
  readonly mark: Buffer
  /** Bytes of a line feed: 2 in UTF-16. */
  readonly unit: 1 | 2
  /** @throws TypeError if the bytes are not text in this encoding */
  readonly decode: (bytes: Uint8Array) => string
  /** Like `decode`, with U+FFFD for what is not text. */
  readonly decodeLossy: (bytes: Uint8Array) => string
  /** Writes `?` for a character that it can't write, which text in this encoding hardly has. */
  readonly encode: (text: string) => Buffer
}

const MARKS = [
  { mark: Buffer.of(0xef, 0xbb, 0xbf), label: 'utf-8' },
  { mark: Buffer.of(0xff, 0xfe), label: 'utf-16le' },
  { mark: Buffer.of(0xfe, 0xff), label: 'utf-16be' }
]

/**
 * Finds the encoding of an input. A byte order mark says more than a label.
 * @param start the first bytes, 3 at least if there are so many
 * @throws PushFailure for an unknown label
 */
export function readEncoding(start: Buffer, label: string): Encoding {
  const marked = MARKS.find(({ mark }) => start.subarray(0, mark.length).equals(mark))
  const strict = createDecoder(marked?.label ?? label, true)
  const lossy = createDecoder(marked?.label ?? label, false)
  const name = strict.encoding
  const unit = name.startsWith('utf-16') ? 2 : 1
  const decodeLossy = (bytes: Uint8Array) => lossy.decode(bytes)
  return {
    name,
    mark: marked?.mark ?? Buffer.alloc(0),
    unit,
    decode: (bytes) => strict.decode(bytes),
    decodeLossy,
    encode: createEncoder({ name, unit, decodeLossy })
  }
}

function createDecoder(label: string, fatal: boolean): InstanceType<typeof TextDecoder> {
  try {
    return new TextDecoder(label, { fatal, ignoreBOM: true })
  } catch (error) {
    throw new PushFailure(`--encoding: unknown encoding ${label}; examples are utf-8 and latin1.`, 2, {
      cause: error
    })
  }
}

/** Bytes as text that `rawBytes` makes the same bytes of: a character for each byte, or for each unit of UTF-16. */
export function rawText(bytes: Buffer, { name, unit }: Pick<Encoding, 'name' | 'unit'>): string {
  if (unit === 1) return bytes.toString('latin1')
  const even = bytes.subarray(0, bytes.length - (bytes.length % 2))
  return (name === 'utf-16le' ? even : Buffer.from(even).swap16()).toString('utf16le')
}

/** The bytes of a raw text. */
export function rawBytes(text: string, { name, unit }: Pick<Encoding, 'name' | 'unit'>): Buffer {
  const bytes = Buffer.from(text, unit === 1 ? 'latin1' : 'utf16le')
  return name === 'utf-16be' ? bytes.swap16() : bytes
}

function createEncoder(encoding: Pick<Encoding, 'name' | 'unit' | 'decodeLossy'>): (text: string) => Buffer {
  const { name, unit, decodeLossy } = encoding
  if (name === 'utf-8') return (text) => Buffer.from(text)
  if (unit === 2) return (text) => rawBytes(text, encoding)
  let codes: ReadonlyMap<string, Buffer> | undefined
  return (text) => {
    if (isAscii(text)) return Buffer.from(text)
    codes ??= findCodes(decodeLossy)
    const unknown = Buffer.from('?')
    return Buffer.concat(Array.from(text, (character) => codes?.get(character) ?? unknown))
  }
}

function isAscii(text: string): boolean {
  return !/\P{ASCII}/u.test(text)
}

const FIRST_TRAIL = 0x30

/** The codes of one and two bytes, by trying them all: what can be read can be written. */
function findCodes(decode: (bytes: Uint8Array) => string): ReadonlyMap<string, Buffer> {
  const codes = new Map<string, Buffer>()
  const add = (...bytes: number[]) => {
    const code = Buffer.from(bytes)
    const text = decode(code)
    const isOne = /^.$/su.test(text) && text !== '\uFFFD'
    if (isOne && !codes.has(text)) codes.set(text, code)
    return isOne
  }
  for (let first = 0; first <= 0xff; first++) {
    if (add(first) || first < 0x80) continue
    for (let trail = FIRST_TRAIL; trail <= 0xff; trail++) add(first, trail)
  }
  return codes
}
