import { deflateRawSync, gzipSync } from 'node:zlib'
import fc from 'fast-check'
import type { WireReply } from './raw-vicidial.ts'
import { anyCharacter } from '../any-character.ts'

/** Makes another reply of VICIdial's text. */
export interface Mutation {
  readonly name: string
  /** What it says is still VICIdial's answer to the call. */
  readonly isHarmless?: boolean
  readonly mutate: (text: string) => WireReply
}

/** Stands in noise, and may be in no answer of the gateway. */
export const MARK = 'MARKED'

/** Numbers that are no lead's, or are read as another one if they are read loosely. */
const NUMBERS = [
  '0',
  '-1',
  '00',
  '1e3',
  '0x10',
  ' 12',
  '12 ',
  '+7',
  '1.5',
  '',
  'NaN',
  '١٢',
  '１２',
  '1000000000',
  '4294967297',
  '9007199254740993',
  '99999999999999999999',
  '9'.repeat(10_000)
]
const WARNING = `<br />\n<b>Warning</b>:  mysqli_query(): ${MARK} in <b>/srv/www/vicidial/functions.php</b> on line <b>12</b><br />\n`
/** Replies of VICIdial to other calls, or of servers before it. */
const OTHERS = [
  'SUCCESS: batch_update_lead LEADS HAVE BEEN UPDATED - api|1|1|3\n',
  'SUCCESS: update_lead LEAD HAS BEEN UPDATED - api|3|1|||\n',
  'SUCCESS: add_lead LEAD HAS BEEN ADDED - 2125550004|101|3|-5|3\n',
  'NOTICE: update_lead CUSTOM FIELDS VALUES UPDATED - 2125550004|3|101|101|1\n',
  'ERROR: batch_update_lead NO MATCHES FOUND IN THE SYSTEM: |api|3,4\n',
  'ERROR: update_lead NO MATCHES FOUND IN THE SYSTEM: |api|3||\n',
  'ERROR: lead_search NO MATCHES FOUND IN THE SYSTEM: |api||OTHER|\n',
  'ERROR: lead_all_info LEAD NOT FOUND: api|3|\n',
  'NOTICE: hopper_bulk_insert LEAD ADDED TO HOPPER - 2125550004|3|1|api\nSUCCESS: hopper_bulk_insert LEADS HAVE BEEN INSERTED INTO THE HOPPER - 1|0|3|api\n',
  'SUCCESS: add_dnc_phone DNC NUMBER HAS BEEN ADDED - api|2125550004|SYSTEM_INTERNAL\n',
  'OTHER|1|3\n',
  'VERSION: 2.14-202|BUILD: 250720-1841|DATE: 2026-11-29 01:02:03|EPOCH: 1795914123|DST: 0|TZ: -5|TZNOW: -5|\n',
  `ERROR: ${MARK}\n`,
  `<html><body>${MARK}</body></html>\n`,
  'SUCCESS: \n',
  'SUCCESS:|||\n',
  '\n',
  ''
]

function http(body: Buffer | string, status = 200, headers = ''): Buffer {
  const bytes = Buffer.from(body)
  return Buffer.concat([
    Buffer.from(
      `HTTP/1.1 ${status} X\r\nContent-Type: text/html; charset=utf-8\r\n${headers}Content-Length: ${bytes.length}\r\n\r\n`,
      'latin1'
    ),
    bytes
  ])
}

/** A reply with any body; its connection can be used again. */
export function whole(text: Buffer | string, status = 200, headers = ''): WireReply {
  return { bytes: http(text, status, headers), then: 'keep', text: Buffer.from(text).toString() }
}

function raw(bytes: Buffer | string, then: WireReply['then'] = 'end'): WireReply {
  return { bytes: Buffer.from(bytes), then }
}

function chunked(body: Buffer<ArrayBuffer>, size: number, tail = '0\r\n\r\n', extension = ''): Buffer {
  const parts = [
    Buffer.from('HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nTransfer-Encoding: chunked\r\n\r\n')
  ]
  for (let from = 0; from < body.length; from += size) {
    const part = body.subarray(from, from + size)
    parts.push(Buffer.from(`${part.length.toString(16)}${extension}\r\n`), part, Buffer.from('\r\n'))
  }
  return Buffer.concat([...parts, Buffer.from(tail)])
}

/** Replaces the n-th number of a text. */
function withNumber(text: string, n: number, other: (number: string) => string): string {
  const numbers = [...text.matchAll(/\d+/g)]
  const found = numbers[n % Math.max(1, numbers.length)]
  if (found === undefined) return text
  return text.slice(0, found.index) + other(found[0]) + text.slice(found.index + found[0].length)
}

const at = fc.nat(1_000)
const status = fc.oneof(
  fc.integer({ min: 200, max: 599 }),
  fc.constantFrom(204, 206, 302, 304, 408, 429, 500, 502, 503)
)

function of(name: string, mutate: (text: string) => WireReply, isHarmless = false): fc.Arbitrary<Mutation> {
  return fc.constant({ name, mutate, isHarmless })
}

const IDS: fc.Arbitrary<Mutation>[] = [
  fc.tuple(at, fc.constantFrom(...NUMBERS)).map(([n, number]) => ({
    name: 'another number',
    mutate: (text) => whole(withNumber(text, n, () => number))
  })),
  fc.tuple(at, fc.integer({ min: -20, max: 20 })).map(([n, by]) => ({
    name: 'a number near it',
    mutate: (text) => whole(withNumber(text, n, (number) => String(Number(number) + by)))
  })),
  fc
    .tuple(at, fc.constantFrom(',3', ',3,4', '-3', '|3', ',', '-', `,${'9'.repeat(16)}`))
    .map(([n, more]) => ({
      name: 'one more number',
      mutate: (text) => whole(withNumber(text, n, (number) => number + more))
    })),
  at.map((n) => ({
    name: 'a number twice',
    mutate: (text) => whole(withNumber(text, n, (id) => `${id},${id}`))
  })),
  at.map((n) => ({ name: 'a number less', mutate: (text) => whole(withNumber(text, n, () => '')) })),
  at.map((n) => ({
    name: 'many numbers',
    mutate: (text) =>
      whole(withNumber(text, n, (id) => `${id},${Array.from({ length: 20_000 }, (_, i) => i + 1).join(',')}`))
  }))
]

const TEXTS: fc.Arbitrary<Mutation>[] = [
  fc.constantFrom(...OTHERS).map((other) => ({ name: 'of another call', mutate: () => whole(other) })),
  fc
    .constantFrom(...OTHERS)
    .map((other) => ({ name: 'another before', mutate: (text) => whole(other + text) })),
  fc
    .constantFrom(...OTHERS)
    .map((other) => ({ name: 'another behind', mutate: (text) => whole(text + other) })),
  of('twice', (text) => whole(text + text)),
  at.map((n) => ({ name: 'cut', mutate: (text) => whole(text.slice(0, n % Math.max(1, text.length))) })),
  fc.tuple(at, fc.string({ unit: anyCharacter, minLength: 1, maxLength: 5 })).map(([n, other]) => ({
    name: 'other characters',
    mutate: (text) => {
      const place = n % Math.max(1, text.length)
      return whole(text.slice(0, place) + other + text.slice(place + other.length))
    }
  })),
  fc
    .constantFrom(
      ['SUCCESS', 'NOTICE'],
      ['SUCCESS', 'ERROR'],
      ['SUCCESS', 'success'],
      ['update', 'add'],
      ['_', ' '],
      ['|', ','],
      ['\n', '\r'],
      ['\n', '\0'],
      ['|', '||']
    )
    .map(([from = '', to = '']) => ({
      name: 'other words',
      mutate: (text) => whole(text.replaceAll(from, to))
    })),
  of('in UTF-16', (text) => whole(Buffer.from(text, 'utf16le'))),
  of('a mark of UTF-16 before', (text) =>
    whole(Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(text)]))
  ),
  of('bytes that are no UTF-8', (text) => whole(Buffer.from(text.replace('api', '\xe9\xff'), 'latin1'))),
  of('PHP warns before', (text) => whole(WARNING + text), true),
  of('PHP warns behind', (text) => whole(text + WARNING), true),
  of('lines end as in Windows', (text) => whole(text.replaceAll('\n', '\r\n'))),
  of('much noise before', (text) => whole(`${MARK}${'x'.repeat(200_000)}\n${text}`)),
  of('many lines before', (text) => whole('\n'.repeat(50_000) + text))
]

const WIRE: fc.Arbitrary<Mutation>[] = [
  status.map((code) => ({ name: 'another status', mutate: (text) => whole(text, code) })),
  fc.integer({ min: 1, max: 9 }).map((size) => ({
    name: 'in chunks',
    isHarmless: true,
    mutate: (text) => raw(chunked(Buffer.from(text), size), 'keep')
  })),
  of('chunks without an end', (text) => raw(chunked(Buffer.from(text), 20, ''))),
  of('a chunk with a wrong length', (text) => raw(chunked(Buffer.from(text), 20, 'ffffffffffffffff\r\nx'))),
  of('a chunk with a negative length', (text) => raw(chunked(Buffer.from(text), 20, '-5\r\nx'))),
  of('long chunk extensions', (text) =>
    raw(chunked(Buffer.from(text), 50, undefined, `;a=${'b'.repeat(9_000)}`))
  ),
  of('many trailers', (text) =>
    raw(chunked(Buffer.from(text), 50, `0\r\n${'X-A: b\r\n'.repeat(20_000)}\r\n`))
  ),
  of('zipped', (text) => whole(gzipSync(text), 200, 'Content-Encoding: gzip\r\n')),
  of('zipped and not said so', (text) => whole(deflateRawSync(text))),
  of('not zipped, though it is said', (text) => whole(text, 200, 'Content-Encoding: gzip\r\n')),
  of('a zip bomb', () => whole(BOMB, 200, 'Content-Encoding: gzip\r\n')),
  fc.constantFrom('1', '5', '1000000', '99999999999999999999', '-1', '0x20', 'ten', '').map((length) => ({
    name: 'two lengths',
    mutate: (text) => ({ bytes: http(text, 200, `Content-Length: ${length}\r\n`), then: 'end' })
  })),
  of('a length and chunks', (text) =>
    raw(http(`${text.length.toString(16)}\r\n${text}\r\n0\r\n\r\n`, 200, 'Transfer-Encoding: chunked\r\n'))
  ),
  of('a length that is too large', (text) => raw(`HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n${text}`)),
  of('a length that is too small', (text) => raw(`HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n${text}`)),
  of('no length', (text) => raw(`HTTP/1.1 200 OK\r\n\r\n${text}`)),
  of('no length, and a reset', (text) => raw(`HTTP/1.1 200 OK\r\n\r\n${text}`, 'reset')),
  of('the same header often', (text) => whole(text, 200, 'Content-Type: text/plain\r\n'.repeat(300))),
  of('too many headers', (text) => whole(text, 200, 'X-A: b\r\n'.repeat(20_000))),
  of('a header without an end', () => raw('HTTP/1.1 200 OK\r\nX-A: bbbbbbbbbbbbbbb', 'endless')),
  of('a header over two lines', (text) => whole(text, 200, 'X-A: a\r\n b\r\n')),
  of('a header with a control character', (text) => whole(text, 200, 'X-A: \0\x01\r\n')),
  fc.constantFrom(100, 102, 103, 199).map((code) => ({
    name: 'news before',
    mutate: (text) => raw(Buffer.concat([Buffer.from(`HTTP/1.1 ${code} X\r\n\r\n`.repeat(50)), http(text)]))
  })),
  of('a change of protocol', () =>
    raw('HTTP/1.1 101 X\r\nUpgrade: h2c\r\nConnection: upgrade\r\n\r\n', 'endless')
  ),
  of('two replies', (text) => ({ bytes: Buffer.concat([http(text), http(OTHERS[0] ?? '')]), then: 'keep' })),
  of('an endless body', (text) => raw(`HTTP/1.1 200 OK\r\n\r\n${text}`, 'endless')),
  of('endless chunks', (text) => raw(chunked(Buffer.from(text), 50, '5\r\nxxxxx\r\n'), 'endless')),
  of('HTTP of another time', (text) => raw(text)),
  fc
    .constantFrom(
      'HTTP/9.9 200 OK\r\n\r\n',
      'HTTP/1.1 20 OK\r\n\r\n',
      'HTTP/1.1 99999 OK\r\n\r\n',
      'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
      '\x15\x03\x01\0\x02\x02\x28',
      '\r\n\r\n\r\n',
      ''
    )
    .map((bytes) => ({ name: 'no HTTP', mutate: () => raw(bytes) })),
  fc
    .constantFrom<WireReply['then']>('end', 'reset')
    .map((then) => ({ name: 'nothing', mutate: () => raw('', then) }))
]

const BOMB = gzipSync(Buffer.alloc(20_000_000))

/** Every way to make another reply, each kind as likely as the others. */
export const MUTATION: fc.Arbitrary<Mutation> = fc.oneof(
  fc.oneof(...IDS),
  fc.oneof(...TEXTS),
  fc.oneof(...WIRE)
)
