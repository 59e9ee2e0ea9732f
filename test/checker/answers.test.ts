import { test } from 'tap'
import { Answers, type Write } from './answers.ts'

const request = {}

/** The answers to writes of one field, which held `old` at first. */
function answers(...writes: Partial<Write>[]): (value: string) => boolean {
  const answers = new Answers()
  answers.begin(1, 'city', 'old')
  for (const write of writes)
    answers.add({
      lead: 1,
      field: 'city',
      value: 'x',
      from: 0,
      to: 0,
      fate: 'made',
      request: {},
      index: 0,
      ...write
    })
  return (value) => answers.allows(1, 'city', value)
}

test('a field may have the value that was set last, and no older one', async (t) => {
  const allows = answers({ value: 'a', from: 1, to: 2 }, { value: 'b', from: 3, to: 4 })
  t.ok(allows('b'))
  for (const value of ['a', 'old', 'never sent']) t.notOk(allows(value), value)
})

test('of updates that were sent before the other was answered either may be the last', async (t) => {
  const allows = answers({ value: 'a', from: 1, to: 4 }, { value: 'b', from: 3, to: 6 })
  t.ok(allows('a'))
  t.ok(allows('b'))
  t.notOk(allows('old'))
})

test('what is not known to be made may be there or not', async (t) => {
  const allows = answers({ value: 'a', from: 1, to: 2 }, { value: 'b', from: 3, to: 4, fate: 'possible' })
  t.ok(allows('a'))
  t.ok(allows('b'))
  const overwritten = answers(
    { value: 'a', from: 1, to: 2, fate: 'possible' },
    { value: 'b', from: 3, to: 4 }
  )
  t.notOk(overwritten('a'))
})

test("a request's updates take effect in their order", async (t) => {
  const allows = answers(
    { value: 'a', from: 1, to: 4, request, index: 0 },
    { value: 'b', from: 1, to: 4, request, index: 1 }
  )
  t.ok(allows('b'))
  t.notOk(allows('a'))
})

test('only what may have come later supersedes an update', async (t) => {
  const answers = new Answers()
  answers.begin(1, 'city', 'old')
  t.notOk(answers.mayBeSuperseded(1, 'city', 1, request, 0))
  answers.add({ lead: 1, field: 'city', value: 'x', from: 1, to: 5, fate: 'possible', request, index: 1 })
  t.ok(answers.mayBeSuperseded(1, 'city', 4, {}, 0))
  t.notOk(answers.mayBeSuperseded(1, 'city', 6, {}, 0))
  t.ok(answers.mayBeSuperseded(1, 'city', 1, request, 0))
  t.notOk(answers.mayBeSuperseded(1, 'city', 1, request, 1))
})
