import { Readable } from 'node:stream'
import fc from 'fast-check'
import { test } from 'tap'
import { readEncoding } from '../../../../src/tools/push/input/encoding.ts'
import { type InputOptions, readRows } from '../../../../src/tools/push/input/input.ts'
import { LineCounter, readLines } from '../../../../src/tools/push/input/lines.ts'
import type { Row } from '../../../../src/tools/push/input/row.ts'

async function read(bytes: Buffer | string, options: Partial<InputOptions> = {}, file = 'leads') {
  // One byte per chunk, so that everything is split.
  const stream = Readable.from([...Buffer.from(bytes)].map((byte) => Buffer.of(byte)))
  const { rows, ...source } = await readRows(file, stream, { encoding: 'utf-8', ...options })
  const all: Row[] = []
  for await (const row of rows) all.push(row)
  return { ...source, rows: all }
}

test('CSV: quotes, newlines in quotes, empty lines, and line numbers of rows', async (t) => {
  const text = '\ufeffa,b\r\n1,"x, ""y""\r\nz"\r\n\r\n2,é\r\n3\r\n'
  const { format, header, rows, bytesRead } = await read(text)
  t.strictSame([format, header, bytesRead()], ['csv', ['a', 'b'], Buffer.byteLength(text)])
  t.strictSame(rows, [
    { line: 2, value: ['1', 'x, "y"\r\nz'] },
    { line: 5, value: ['2', 'é'] },
    { line: 6, value: ['3'], fault: 'The row has 1 cells, the header 2.' }
  ])
})

test('CSV: a stray quote is a fault of its row only', async (t) => {
  const rows = ['1,5" pipe', '2,"a "b" c"', '3,"x" y, z"', '4,"5"" pipe"', '5,"q"', '6,z']
  const faults = [true, true, true, false, false, false]
  for (const newLine of ['\n', '\r\n', '\r']) {
    const read1 = await read(`a,b\n${rows.join(newLine)}${newLine}`)
    t.strictSame(
      read1.rows.map(({ line, fault }) => [line, fault?.startsWith('The row is not valid CSV: a quote')]),
      faults.map((isFault, n) => [n + 2, isFault ? true : undefined])
    )
    t.strictSame(read1.rows[0]?.value, ['1', '5" pipe'], 'its cells are unchanged')
    t.strictSame(
      read1.rows.slice(3).map(({ value }) => (value as string[])[1]),
      ['5" pipe', 'q', 'z']
    )
  }
  await t.rejects(read('a,b" c\n1,2\n'), { exitCode: 2, message: /^The header is not valid CSV: a quote/ })
})

test('CSV: a file can mix line endings', async (t) => {
  const { rows } = await read('a,b\n1,x\r\n2,"y"\r\n\r\n3,"z\n"\n4,w')
  t.strictSame(rows, [
    { line: 2, value: ['1', 'x'] },
    { line: 3, value: ['2', 'y'] },
    { line: 5, value: ['3', 'z\n'] },
    { line: 7, value: ['4', 'w'] }
  ])
})

test('CSV: the delimiter is the one the header has most of, outside of quotes, unless set', async (t) => {
  for (const delimiter of [',', ';', '\t', '|']) {
    const { header, rows } = await read(
      `"a,;|\t,;|\t,;|\t"${delimiter}b${delimiter}c${delimiter}d${delimiter}e\n1${delimiter}2,5${delimiter === ',' ? '' : `${delimiter}3`}${delimiter}4${delimiter}5\n`
    )
    t.strictSame(header?.slice(1), ['b', 'c', 'd', 'e'], delimiter)
    t.equal(rows[0]?.fault, undefined, delimiter)
  }
  t.strictSame((await read('a\n1\n')).header, ['a'])
  t.strictSame((await read('a,b:c\n', { delimiter: ':' })).header, ['a,b', 'c'])
})

test('CSV: other encodings can be set; a header that is not text in the encoding is refused', async (t) => {
  const latin1 = Buffer.from('a,b\n1,José\n', 'latin1')
  t.strictSame((await read(latin1, { encoding: 'latin1' })).rows, [{ line: 2, value: ['1', 'José'] }])
  await t.rejects(read(Buffer.from('a,José\n1,x\n', 'latin1')), {
    exitCode: 2,
    message:
      'Line 1 is not valid utf-8 near "a,Jos\ufffd". If the whole input is in another encoding, set --encoding, for example latin1.'
  })
  await t.rejects(read('a\n', { encoding: 'klingon' }), { exitCode: 2, message: /unknown encoding klingon/ })
})

test('CSV: a missing header or one with an unclosed quote is refused', async (t) => {
  for (const text of ['', '\n \n', 'sep=;\n'])
    await t.rejects(read(text), { exitCode: 2, message: /^The input is empty/ })
  await t.rejects(read(','.repeat(2_000)), { exitCode: 2, message: /^The header has 2001 columns/ })
  await t.rejects(read('a,"b\n1,2\n'), { exitCode: 2, message: /^The header is not valid CSV/ })
})

test('JSON lines: one value per line; a line that is not JSON is a row with a fault', async (t) => {
  const { format, rows } = await read('{"a":"\u2028"}\r\n\n{x\n{"a":2}')
  t.equal(format, 'jsonl')
  t.match(rows, [
    { line: 1, value: { a: '\u2028' } },
    { line: 3, value: '{x', fault: /^The line is not JSON: / },
    { line: 4, value: { a: 2 } }
  ])
  t.equal(rows.length, 3)
})

test('a JSON array: an element is a row; a truncated array is refused', async (t) => {
  const { format, rows } = await read(' [{"a":[1]},\n {"b":"é"}]')
  t.equal(format, 'json')
  t.strictSame(rows, [
    { line: 1, value: { a: [1] } },
    { line: 2, value: { b: 'é' } }
  ])
  await t.rejects(read('[{"a":1},{"b'), { exitCode: 1, message: /^The input is not a valid JSON array/ })
})

test('the format is guessed from the name and the first character, unless set', async (t) => {
  t.equal((await read('{a}\n', {}, 'x.csv')).format, 'csv')
  t.equal((await read('[1]', {}, 'x.jsonl')).format, 'json')
  t.equal((await read('{"a":1}', {}, 'x.json')).format, 'jsonl')
  t.equal((await read('a\n', {}, '-')).format, 'csv')
  t.equal((await read('{a}\n', { format: 'csv' })).format, 'csv')
})

test('lines are counted as they are read, for any line ends, encoding and chunks', async (t) => {
  const texts = fc
    .array(fc.constantFrom('a', ',', 'é', '"', '\n', '\r', '\r\n'))
    .map((parts) => parts.join(''))
  const encodings = fc.constantFrom('utf-8', 'utf-16le', 'utf-16be')
  await fc.assert(
    fc.asyncProperty(texts, encodings, fc.integer({ min: 1, max: 5 }), async (text, label, size) => {
      const encoding = readEncoding(Buffer.alloc(3), label)
      const bytes = encoding.encode(text)
      const chunks = Array.from({ length: Math.ceil(bytes.length / size) }, (_, n) =>
        bytes.subarray(n * size, (n + 1) * size)
      )
      const counter = new LineCounter()
      for (const chunk of chunks) counter.add(chunk)
      let lines = 0
      for await (const group of readLines(Readable.from(chunks), encoding)) lines += group.length
      t.equal(counter.count, lines, JSON.stringify(text))
    })
  )
})
