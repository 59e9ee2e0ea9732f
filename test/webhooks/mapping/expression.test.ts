import { mock } from 'node:test'
import { test } from 'tap'
import { Expression } from '../../../src/webhooks/mapping/expression.ts'

test("a system clock that is set forward doesn't end an expression", async (t) => {
  let now = Date.now()
  const clock = mock.method(Date, 'now', () => (now += 60_000))
  t.teardown(() => {
    clock.mock.restore()
  })
  t.equal(await new Expression('$sum(amounts)').evaluate({ amounts: [1, 2] }), 3)
})
