import fc from 'fast-check'
import { test } from 'tap'
import { Turns } from '../../src/delivery/turns.ts'
import { superlinear } from '../attack/growth.ts'

const step = fc.record({
  kind: fc.constantFrom('add', 'add', 'delete', 'rotate', 'first'),
  member: fc.constantFrom('a', 'b', 'c', 'd', 'e')
})

test('for any sequence of steps, the first member is the one that was added before all others', async (t) => {
  const sound = fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
    const turns = new Turns<string>()
    let line: string[] = []
    for (const { kind, member } of steps) {
      const [first] = line
      if (kind === 'add') {
        turns.add(member)
        if (!line.includes(member)) line.push(member)
      } else if (kind === 'delete') {
        turns.delete(member)
        line = line.filter((one) => one !== member)
      } else if (kind === 'rotate') {
        if (turns.rotate() !== first) return false
        if (first !== undefined) line = [...line.slice(1), first]
      } else if (turns.first !== first) return false
      if (turns.isEmpty !== (line.length === 0)) return false
    }
    return turns.first === line[0]
  })
  t.doesNotThrow(() => fc.assert(sound, { numRuns: 1_000 }))
})

test('the first of very many members costs no more than that of few, however many were deleted before it', async (t) => {
  const drained = (text: string) => {
    const turns = new Turns<object>()
    for (let n = 0; n < text.length; n++) turns.add({ n })
    for (let { first } = turns; first !== undefined; { first } = turns) turns.delete(first)
  }
  t.equal(await superlinear(drained, (length) => ' '.repeat(length)), undefined)
})
