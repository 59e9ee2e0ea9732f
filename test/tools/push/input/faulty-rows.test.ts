import { Readable } from 'node:stream'
import fc from 'fast-check'
import { test } from 'tap'
import { type InputOptions, readRows } from '../../../../src/tools/push/input/input.ts'
import type { Row } from '../../../../src/tools/push/input/row.ts'

async function read(bytes: Buffer | string, options: Partial<InputOptions> = {}, chunk = 7) {
  const all = Buffer.from(bytes)
  const chunks: Buffer[] = []
  for (let start = 0; start < all.length; start += chunk) chunks.push(all.subarray(start, start + chunk))
  const source = await readRows('leads', Readable.from(chunks), { encoding: 'utf-8', ...options })
  const rows: Row[] = []
  for await (const row of source.rows) rows.push(row)
  return { ...source, rows }
}

/** The lines and values of sound rows, and the lines of the others. */
function split(rows: readonly Row[]) {
  return {
    sound: rows.filter(({ fault }) => fault === undefined).map(({ line, value }) => [line, value]),
    faulty: rows.filter(({ fault }) => fault !== undefined).map(({ line }) => line)
  }
}

test('a line that is not text in its encoding is one faulty row', async (t) => {
  const lines = ['1,Müller', '2,Bj\xf6rk', '3,"two\nlines"', '4,"x\n\xff"', '5,z']
  const bytes = Buffer.concat(
    ['id,name', ...lines].map((line) =>
      Buffer.from(`${line}\r\n`, /[\xf6\xff]/.test(line) ? 'latin1' : 'utf8')
    )
  )
  const { rows } = await read(bytes)
  t.strictSame(split(rows), {
    sound: [
      [2, ['1', 'Müller']],
      [4, ['3', 'two\nlines']],
      [8, ['5', 'z']]
    ],
    faulty: [3, 6]
  })
  t.strictSame(
    rows.flatMap(({ fault }) => fault?.replace(/ If .*/, '') ?? []),
    ['Line 3 is not valid utf-8 near "2,Bj\ufffdrk".', 'Line 7 is not valid utf-8 near "\ufffd\\"".']
  )
  t.strictSame(
    rows.flatMap(({ rawCells }) => (rawCells ? [rawCells] : [])),
    [
      ['2', 'Bj\xf6rk'],
      ['4', 'x\n\xff']
    ],
    'its bytes are kept'
  )
})

test('JSON: a line or element that is not UTF-8 is one faulty row', async (t) => {
  const json = ['{"id":1,"n":"ü"}', '{"id":2,"n":"Bj\xf6rk"}', '{"id":3}']
  const bytes = json.map((text) => Buffer.from(text, text.includes('\xf6') ? 'latin1' : 'utf8'))
  const join = (start: string, between: string, end: string) =>
    Buffer.concat([
      Buffer.from(start),
      ...bytes.flatMap((one, n) => [Buffer.from(n > 0 ? between : ''), one]),
      Buffer.from(end)
    ])
  for (const all of [join('', '\n', '\n'), join('[', ',', ']'), join('[\n', ',\n', '\n]\n')]) {
    const { rows } = await read(all)
    t.strictSame(split(rows), {
      sound: [
        [1, { id: 1, n: 'ü' }],
        [3, { id: 3 }]
      ],
      faulty: [2]
    })
    t.match(rows[1]?.fault, /^(Line|Element) 2 is not valid utf-8 near .*Bj\ufffdrk/)
  }
})

test('CSV: a quote that never closes is a fault of the line where it opens', async (t) => {
  const after = Array.from({ length: 30_000 }, (_, n) => `${n + 3},plain street`)
  for (const count of [97, after.length]) {
    const { rows } = await read(
      ['id,address', '1,x', '2,"12 Elm St', ...after.slice(0, count)].join('\n'),
      {},
      65_536
    )
    const { sound, faulty } = split(rows)
    t.strictSame([sound.length, faulty], [count + 1, [3]])
    t.equal(rows[1]?.fault, 'The row is not valid CSV: a quote that opens in line 3 does not close.')
    t.strictSame(rows[1]?.value, ['2', '"12 Elm St'])
  }
})

test('CSV: rows with quotes after a quote that never closes are read', async (t) => {
  for (const next of ['3,"a"', '3,",a"', '3,""', '3,"","a"', '3,"a\nb"', '3,"a ""b"""']) {
    const { rows } = await read(`id,address\n2,"12 Elm St\n${next}\n4,"b"\n5,c\n`)
    t.ok(rows[0]?.fault?.includes('opens in line 2'), next)
    t.strictSame(
      rows.slice(-2).map(({ value }) => value),
      [
        ['4', 'b'],
        ['5', 'c']
      ],
      next
    )
  }
})

const CELL = fc.string({
  unit: fc.constantFrom('a', 'é', '"', ',', ';', '\n', '\r\n', ' ', '😀'),
  maxLength: 6
})
const quoted = (cell: string) => (/[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell)
/** Rows of CSV that are broken, each in one line. */
const BROKEN = ['7,5" pipe', '7,"open', '7,"a"b', '7,"', '7', '7,a,b', '7,"","', '7,\xff', '7,"\xff', '\xff"']

test('for any CSV file with one broken row, all other rows arrive', async (t) => {
  // After an open quote, a cell like these could be read in two ways.
  const cell = CELL.filter((text) => !/^[,\r\n]|"[,\r\n]/.test(text))
  const rows = fc.array(fc.tuple(fc.constantFrom('1', '22'), cell), { maxLength: 8 })
  const breaks = fc.constantFrom('\n', '\r\n')
  await fc.assert(
    fc.asyncProperty(
      rows,
      rows,
      fc.constantFrom(...BROKEN),
      breaks,
      fc.integer({ min: 1, max: 9 }),
      async (before, after, broken, end, chunk) => {
        const lines = (some: readonly (readonly string[])[]) =>
          Buffer.from(some.map((row) => row.map(quoted).join(',') + end).join(''))
        const bytes = [lines([['id', 'text'], ...before]), Buffer.from(broken + end, 'latin1'), lines(after)]
        const found = split((await read(Buffer.concat(bytes), {}, chunk)).rows)
        t.strictSame(
          found.sound.map(([, value]) => value),
          [...before, ...after],
          `${Buffer.concat(bytes)}`
        )
        t.equal(found.faulty.length, 1)
      }
    ),
    { numRuns: 300 }
  )
})

const BROKEN_JSON = [
  '{"id":1,}',
  '{"id":1',
  '{"id":"x}',
  '{id:1}',
  '{"id":[1}',
  '{"id":1}}',
  'x',
  '{"a":{"b":1}',
  '\xff',
  '{"id":"\xff"}'
]

test('for any JSON array with one broken element, all other elements arrive', async (t) => {
  const elements = fc.array(
    fc
      .tuple(fc.integer(), fc.string({ unit: fc.constantFrom('a', '"', '{', '}', '[', ',', '\\', 'é') }))
      .map(([id, text]) => ({ id, text, fields: { status: text } })),
    { maxLength: 5 }
  )
  const between = fc.constantFrom(',', ', ', ',\n  ')
  await fc.assert(
    fc.asyncProperty(
      elements,
      elements,
      fc.constantFrom(...BROKEN_JSON),
      between,
      fc.integer({ min: 1, max: 9 }),
      async (before, after, broken, comma, chunk) => {
        const [first, last] = [before, after].map((some) => some.map((one) => JSON.stringify(one)))
        const open = Buffer.from(`[${[...(first ?? []), ''].join(comma)}`)
        const bytes = Buffer.concat([
          open,
          Buffer.from(broken, 'latin1'),
          Buffer.from(`${['', ...(last ?? [])].join(comma)}]`)
        ])
        const found = split((await read(bytes, {}, chunk)).rows)
        t.strictSame(
          found.sound.map(([, value]) => value),
          [...before, ...after],
          bytes.toString('latin1')
        )
        t.ok(found.faulty.length >= 1)
      }
    ),
    { numRuns: 300 }
  )
})

test('JSON: an element that seems to begin thousands of others is split a few times only', async (t) => {
  const depth = 1_000
  const nested = `${'{"id":1,'.repeat(depth)}${'}'.repeat(depth)}`
  const { sound, faulty } = split((await read(`[{"id":1},${nested},{"id":2}]`, {}, 4_096)).rows)
  t.strictSame(
    sound.map(([, value]) => value),
    [{ id: 1 }, { id: 2 }]
  )
  t.ok(faulty.length > 1 && faulty.length < 20, `${faulty.length} faulty rows`)
})

test('UTF-16 and UTF-8 with a byte order mark are read, with any --encoding', async (t) => {
  const text = 'id,name\r\n1,Müller\r\n2,"a\nb 😀"\r\n'
  const utf16 = Buffer.from(`\ufeff${text}`, 'utf16le')
  for (const bytes of [Buffer.from(`\ufeff${text}`), utf16, Buffer.from(utf16).swap16()])
    for (const encoding of ['utf-8', 'latin1'])
      for (const chunk of [1, 2, 3, 4_096]) {
        const { header, rows } = await read(bytes, { encoding }, chunk)
        t.strictSame(
          [header, ...rows.map(({ value }) => value)],
          [
            ['id', 'name'],
            ['1', 'Müller'],
            ['2', 'a\nb 😀']
          ]
        )
      }
  t.strictSame((await read(Buffer.from(text, 'utf16le'), { encoding: 'utf-16le' })).rows.length, 2)
})

test('what is no table of text is refused, with the way to get one', async (t) => {
  const refused = async (bytes: Buffer | string, message: RegExp) => {
    await t.rejects(read(bytes), { exitCode: 2, message })
    await t.rejects(read(bytes, { encoding: 'latin1' }), { exitCode: 2, message })
  }
  await refused(
    'PK\u0003\u0004\u0014\u0000\u0006',
    /is an Excel workbook \(\.xlsx\) .*: in Excel, choose File, Save As, "CSV UTF-8/
  )
  await refused(Buffer.from('d0cf11e0a1b11ae1000000', 'hex'), /is an old Excel workbook \(\.xls\), .*Save As/)
  await refused('<html><body><table><tr><td>id', /is an HTML page, .*Save As/)
  await refused('\ufeff\n<table><tr>', /is an HTML page/)
  await refused(Buffer.from('\ufeff<html><table>', 'utf16le'), /is an HTML page/)
  await refused('<?xml version="1.0"?><Workbook>', /is XML, .*Save As/)
  await refused(Buffer.from('1f8b08000000', 'hex'), /is compressed, .*unpack/)
  await refused('%PDF-1.7\n', /is a PDF/)
  await refused(
    Buffer.from('id,name\n1,x\n', 'utf16le'),
    /seems to be UTF-16 without a byte order mark: use --encoding utf-16le\.$/
  )
  await refused(Buffer.from('id,name\n1,x\n', 'utf16le').swap16(), /use --encoding utf-16be\.$/)
})

test('UTF-8 is not read in an encoding with a byte for each character', async (t) => {
  const text = `id,name\n${'1,Müller\n'.repeat(10_000)}`
  for (const encoding of ['latin1', 'windows-1252', 'iso-8859-15', 'macintosh'])
    await t.rejects(read(text, { encoding }), {
      exitCode: 2,
      message: /^leads is UTF-8, not \S+: leave out --encoding\.$/
    })
  const { rows } = await read(Buffer.from('id,name\n1,Müller\n', 'latin1'), { encoding: 'latin1' })
  t.strictSame(rows[0]?.value, ['1', 'Müller'])
  t.equal((await read('id,name\n1,Miller\n', { encoding: 'latin1' })).rows.length, 1)
})

test('CSV: a first line sep=; names the delimiter, and rows without text are counted', async (t) => {
  const { header, rows, delimiter, blankRows } = await read(
    'sep=;\r\na,x;b\r\n1;2\r\n;\r\n" ";\r\n\r\n3;\r\n'
  )
  t.strictSame([header, delimiter, blankRows()], [['a,x', 'b'], ';', 2])
  t.strictSame(split(rows), {
    sound: [
      [3, ['1', '2']],
      [7, ['3', '']]
    ],
    faulty: []
  })
})

test('JSON: a number that a double cannot hold becomes its digits', async (t) => {
  const id = '8202522731445525542'
  for (const text of [`{"a":${id},"b":12}`, `[{"a":${id},"b":12}]`])
    t.strictSame((await read(text)).rows[0]?.value, { a: id, b: 12 })
})

test('CSV: empty cells after the last column are left out, others are a fault', async (t) => {
  const { rows } = await read('a,b\n1,x,\n2,y, ,\n3,z,w\n4\n')
  t.strictSame(
    rows.map(({ value, fault }) => fault ?? value),
    [['1', 'x'], ['2', 'y'], 'The row has 3 cells, the header 2.', 'The row has 1 cells, the header 2.']
  )
})

test('CSV: cells of columns without a name at the end may be absent', async (t) => {
  const { rows } = await read('a,b,,\n1,x\n2,y,\n3\n4,z,,\n')
  t.strictSame(
    rows.map(({ value, fault }) => fault ?? value),
    [['1', 'x', '', ''], ['2', 'y', '', ''], 'The row has 1 cells, the header 4.', ['4', 'z', '', '']]
  )
})

test('a byte order mark where another file was appended is no part of its line', async (t) => {
  const { rows } = await read('\ufeffa,b\n1,x\n\ufeff"2","y"\n')
  t.strictSame(
    rows.map(({ value }) => value),
    [
      ['1', 'x'],
      ['2', 'y']
    ]
  )
  const json = await read('\ufeff{"a":1}\n\ufeff{"a":2}\n')
  t.strictSame(
    json.rows.map(({ value }) => value),
    [{ a: 1 }, { a: 2 }]
  )
})

test('CSV: a first line sep= can name a tab', async (t) => {
  const { header, rows } = await read('sep=\t\r\na\tb\r\n1\tx, y; z\r\n')
  t.strictSame(
    [header, rows[0]?.value],
    [
      ['a', 'b'],
      ['1', 'x, y; z']
    ]
  )
})

test('JSON: a name twice in one object, and a row that is nested too deeply, are faults', async (t) => {
  const deep = `{"a":${'['.repeat(62)}${']'.repeat(62)}}`
  const lines = ['{"a":1,"b":2,"a":3}', deep, '{"a":{"b":1},"b":{"b":1}}']
  const jsonl = await read(`${lines.join('\n')}\n`)
  t.strictSame(
    jsonl.rows.map(({ fault }) => fault),
    ['The line has the name "a" twice in one object.', 'The line is nested deeper than 62 levels.', undefined]
  )
  const json = await read(`[${lines.join(',')}]`)
  t.match(json.rows, [
    { fault: 'The element has the name "a" twice in one object.' },
    { fault: 'The element is nested deeper than 62 levels.' },
    { value: { a: { b: 1 }, b: { b: 1 } } }
  ])
})
