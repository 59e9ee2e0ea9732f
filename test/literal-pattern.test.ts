import fc from 'fast-check'
import { test } from 'tap'
import { literalPattern } from '../src/literal-pattern.ts'

const ascii = fc.string({ unit: fc.integer({ min: 32, max: 126 }).map((code) => String.fromCharCode(code)) })

test('a literal pattern matches its text and nothing else', async () => {
  for (const flags of ['', 'u', 'v'])
    fc.assert(
      fc.property(ascii, ascii, (text, other) => {
        const pattern = new RegExp(`^${literalPattern(text)}$`, flags)
        return pattern.test(text) && pattern.test(other) === (other === text)
      })
    )
})

test('in a class it stands for each of its characters', async () => {
  for (const flags of ['', 'u', 'v'])
    fc.assert(
      fc.property(ascii.filter(Boolean), ascii.filter(Boolean), (text, other) => {
        const pattern = new RegExp(`^[${literalPattern(text)}]+$`, flags)
        return pattern.test(text) && pattern.test(other) === [...other].every((sign) => text.includes(sign))
      })
    )
})
