import * as fc from 'fast-check'
import jsonata from 'jsonata'
import { test } from 'tap'
import { Expression } from '../../../src/webhooks/mapping/expression.ts'
import { Mapping } from '../../../src/webhooks/mapping/mapping.ts'
import { NEEDS_JSONATA, NeedsJsonata } from '../../../src/webhooks/mapping/plain-expression.ts'
import { endpointWith, rankOf } from '../endpoints.ts'

/** As the size of a payload: too long to be mapped without the thread. */
const LONG = 1_000_000

function plainly(expression: Expression, input: unknown): unknown {
  try {
    return expression.evaluatePlainly(input)
  } catch (error) {
    if (error instanceof NeedsJsonata) return NEEDS_JSONATA
    throw error
  }
}

const name = fc.constantFrom('a', 'b', 'c d', '0', 'length', '__proto__', 'constructor', 'and', '')
const text = fc.constantFrom('a', 'b', '', '1')
const path = fc
  .array(name, { minLength: 1, maxLength: 4 })
  .map((names) => names.map((one) => `\`${one}\``).join('.'))
const literal = text.map((one) => `"${one}"`)
const operand = fc.oneof(path, literal, fc.constantFrom('1', 'null', 'true', '[]', '{}'))
/** Plain expressions, and others that look like them. */
const expression = fc.oneof(
  { weight: 4, arbitrary: path },
  { weight: 1, arbitrary: literal },
  { weight: 2, arbitrary: fc.tuple(path, literal).map(([left, right]) => `${left} = ${right}`) },
  {
    weight: 2,
    arbitrary: fc
      .tuple(operand, fc.constantFrom('=', '!=', '&', '.', 'in'), operand)
      .map((parts) => parts.join(' '))
  },
  {
    weight: 2,
    arbitrary: fc
      .tuple(operand, fc.constantFrom('[]', '[0]', '.*', '.**', '{"x": $}', '^(a)', '.(a)', '.%', '#$i.a'))
      .map((parts) => parts.join(''))
  }
)
/** Payloads that have the names of the expressions. */
const { payload } = fc.letrec<{ payload: unknown }>((tie) => ({
  payload: fc.oneof(
    { depthSize: 'small' },
    fc.oneof(text, fc.integer({ min: -1, max: 1 }), fc.constantFrom(null, true, false, 1e999)),
    fc.dictionary(name, tie('payload'), { maxKeys: 4 }),
    fc.array(tie('payload'), { maxLength: 3 })
  )
}))

test('a plain expression gives exactly what JSONata gives', async (t) => {
  let plain = 0
  await fc.assert(
    fc.asyncProperty(expression, payload, async (of, input) => {
      const compiled = compile(of)
      if (compiled === undefined) return
      const found = await settled(async () => plainly(compiled, input))
      if (found === NEEDS_JSONATA) return
      plain += 1
      const given: unknown = await jsonata(of).evaluate(input)
      t.strictSame(found, given === Infinity ? 'EvaluationError: gives no finite number' : given, of)
    }),
    { numRuns: 2_000 }
  )
  t.ok(plain > 500, `${plain} of 2000 were plain`)
})

function compile(of: string): Expression | undefined {
  try {
    return new Expression(of)
  } catch {
    return undefined
  }
}

async function settled(work: () => Promise<unknown>): Promise<unknown> {
  try {
    return await work()
  } catch (error) {
    return String(error)
  }
}

test('paths, texts and comparisons with a text are plain, and no other expressions', (t) => {
  const isPlain = (of: string) => new Expression(of).isPlain
  t.strictSame(['a', 'a.b.c', '`a b`."c"', '"text"', 'a.b = "text"'].filter(isPlain).length, 5)
  const others = [
    '$',
    '$.a',
    '$payload.a',
    'a[0]',
    'a[]',
    'a.*',
    'a.%.b',
    'a{b: c}',
    'a^(b)',
    'a = b',
    'a != "b"'
  ]
  t.strictSame([...others, '1', 'null', '(a)', '$uppercase(a)', '"a"[0]', 'a & "b"'].filter(isPlain), [])
  t.end()
})

test('only JSONata tells what a path through an array finds; an array at its end is what it finds', (t) => {
  const expression = new Expression('a.b')
  t.strictSame(expression.evaluatePlainly({ a: { b: [1, [2]] } }), [1, [2]])
  for (const input of [{ a: [{ b: 1 }] }, [{ a: { b: 1 } }], { a: [] }])
    for (const one of [expression, new Expression('a.b = "1"')])
      t.throws(() => one.evaluatePlainly(input), NeedsJsonata)
  t.throws(() => new Expression('$sum(a)').evaluatePlainly({ a: 1 }), NeedsJsonata)
  t.end()
})

test('JSONata finds nothing in an object that claims to be one of its functions, and nor does a plain expression', async (t) => {
  for (const claim of ['_jsonata_function', '_jsonata_lambda']) {
    for (const input of [{ a: { [claim]: true, b: 'x' } }, { a: { [claim]: false, b: 'x' } }]) {
      for (const text of ['a.b', 'a.b = "x"', 'a']) {
        const given: unknown = await jsonata(text).evaluate(input)
        t.strictSame(await new Expression(text).evaluate(input), given, `${text} of ${claim}`)
      }
    }
  }
})

test('a payload of many events is left to the thread', async (t) => {
  const mapping = new Mapping(rankOf('a'))
  const events = Array.from({ length: 501 }, (_, id) => ({ id, a: 1 }))
  t.match(await mapping.mapPlainly(events.slice(0, 500), 1_000), { ignored: 0 })
  await t.rejects(mapping.mapPlainly(events, 1_000), NeedsJsonata)
})

test('a payload gives the same updates with its thread and without', async (t) => {
  const mapping = {
    each: 'a',
    when: 'b = "a"',
    lead: { vendor_lead_code: 'length' },
    fields: { status: 'a.b', rank: 'constructor', comments: '"text"', city: 'and' }
  }
  const endpoint = endpointWith(t, { mapping, event_id: { expression: '`0`' } })
  t.teardown(() => {
    endpoint.retire()
  })
  const event = fc.record(
    { b: fc.constant('a'), length: payload, a: payload, constructor: payload, and: text, 0: payload },
    { requiredKeys: ['b', 'length'] }
  )
  const events = fc.oneof(fc.record({ a: fc.oneof(event, fc.array(event)) }), fc.array(event), payload)
  await fc.assert(
    fc.asyncProperty(events, async (input) => {
      const map = (bytes: number) => settled(() => endpoint.map(input, { bytes }))
      t.strictSame(await map(0), await map(LONG))
    }),
    { numRuns: 200 }
  )
})
