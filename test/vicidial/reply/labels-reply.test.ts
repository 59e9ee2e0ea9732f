import { test } from 'tap'
import { readLabelsReply } from '../../../src/vicidial/reply/labels-reply.ts'

const LINE = '103\tSpare\tCAMPA\tY\t\t\tfavorite_color note size\n'

test('the labels of a list are read; those of another list, or half a line, are not', (t) => {
  t.strictSame(readLabelsReply(200, LINE, '103'), {
    kind: 'labels',
    labels: new Set(['favorite_color', 'note', 'size'])
  })
  t.strictSame(readLabelsReply(200, '101\tTest\tCAMPA\tY\t\t\t\n', '101'), {
    kind: 'labels',
    labels: new Set()
  })
  t.match(readLabelsReply(200, LINE, '101'), { kind: 'unclear' })
  for (const text of ['', LINE.slice(0, -1), LINE.slice(0, 20), '<html>Down</html>'])
    t.not(readLabelsReply(200, text, '103').kind, 'labels', text)
  t.not(readLabelsReply(500, LINE, '103').kind, 'labels')
  t.end()
})

test('an account that may not modify lists is refused', (t) => {
  const refusal =
    'ERROR: list_custom_fields USER DOES NOT HAVE PERMISSION TO GET LIST CUSTOM FIELD INFO: |api|0|\n'
  t.match(readLabelsReply(200, refusal, '103'), { kind: 'refused' })
  t.match(readLabelsReply(200, 'ERROR: list_custom_fields LIST DOES NOT EXIST: |api|103\n', '103'), {
    kind: 'refused'
  })
  t.end()
})
