import { test } from 'tap'
import { plain, table } from '../../../src/tools/cli/table.ts'

test('columns are as wide as their widest cell, and no line ends with blanks', async (t) => {
  t.equal(
    table(
      ['JOB', 'UPDATES', 'DETAIL'],
      [
        ['job_1', 12, ''],
        ['j', 7, 'gone']
      ]
    ),
    'JOB    UPDATES  DETAIL\njob_1  12\nj      7        gone'
  )
  t.equal(table(['JOB'], []), 'JOB')
})

test('control characters in a value do not reach the terminal', async (t) => {
  t.equal(plain('a\u001b[2Jb\nc\u009bd'), 'a\u{fffd}[2Jb\u{fffd}c\u{fffd}d')
  t.equal(table(['A'], [['x\r\u0007']]), 'A\nx\u{fffd}\u{fffd}')
})
