import fc from 'fast-check'
import { test } from 'tap'
import { countNames, firstRepeatedName, shapeOf } from '../../../src/http/body/json-guard.ts'
import { anyCharacter } from '../../any-character.ts'

const ANY_DEPTH = Number.POSITIVE_INFINITY
const text = fc.oneof(
  fc.string({ unit: anyCharacter }),
  fc.string({ unit: fc.constantFrom('"', '\\', ':', '{', '}', '[', ']', ',', 'a') })
)
const json = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 6, depthSize: 'small' },
    fc.oneof(text, fc.double({ noNaN: true }), fc.constantFrom(null, true, false)),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(fc.oneof(text, fc.constantFrom('__proto__', 'constructor', '7')), tie('value'), {
      maxKeys: 4
    })
  )
})).value

function depthOf(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0
  return 1 + Math.max(0, ...Object.values(value).map(depthOf))
}

test('a text has as many names as its value, unless one is duplicated; and its depth', (t) => {
  fc.assert(
    fc.property(json, fc.constantFrom(undefined, 1, '\t'), (value, space) => {
      const written = JSON.stringify(value, null, space)
      const depth = depthOf(value)
      const { names, tooDeepAt } = shapeOf(written, depth)
      if (tooDeepAt !== undefined || names !== countNames(JSON.parse(written))) return false
      if (firstRepeatedName(written) !== undefined) return false
      return depth === 0 || shapeOf(written, depth - 1).tooDeepAt !== undefined
    }),
    { numRuns: 1_000 }
  )
  t.end()
})

test('a duplicate name is found at its position, however it is escaped', (t) => {
  const escaped = (name: string) => {
    const units = Array.from({ length: name.length }, (_, index) =>
      name.charCodeAt(index).toString(16).padStart(4, '0')
    )
    return `"${units.map((unit) => `\\u${unit}`).join('')}"`
  }
  fc.assert(
    fc.property(
      fc.dictionary(text, json, { minKeys: 1, maxKeys: 4 }),
      json,
      fc.boolean(),
      (object, value, isEscaped) => {
        const [name = ''] = Object.keys(object)
        const before = `[${JSON.stringify(object).slice(0, -1)},`
        const again = isEscaped ? escaped(name) : JSON.stringify(name)
        const written = `${before}${again}:${JSON.stringify(value)}}]`
        const parsed: unknown = JSON.parse(written)
        const found = firstRepeatedName(written)
        const isMissed = shapeOf(written, ANY_DEPTH).names === countNames(parsed)
        return !isMissed && found?.name === name && found.offset === before.length
      }
    )
  )
  t.end()
})

test('any text is scanned to its end', (t) => {
  fc.assert(
    fc.property(text, (written) => {
      shapeOf(written, ANY_DEPTH)
    })
  )
  t.same(shapeOf('"\\', ANY_DEPTH), { names: 0, tooDeepAt: undefined, longNumbers: [] })
  t.end()
})
