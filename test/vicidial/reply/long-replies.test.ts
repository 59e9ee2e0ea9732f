import { test } from 'tap'
import { readSearchReply } from '../../../src/vicidial/reply/search-reply.ts'
import { readUpdateReply } from '../../../src/vicidial/reply/update-reply.ts'

const ASKED = { function: 'batch_update_lead', leads: new Set([5]) }
const SUCCESS = 'SUCCESS: batch_update_lead LEADS HAVE BEEN UPDATED - api|1|1|5'

test('a megabyte of noise is read at once', async (t) => {
  const size = 1024 * 1024
  const units = [
    'x',
    '1',
    '|',
    '1|',
    '|1|1',
    '|1|1-',
    '1-1-',
    '1,',
    ' ',
    '\r',
    '\n',
    '\n\n|0|\n',
    'lead',
    'SUCCESS: ',
    'SUCCESS: \n',
    'ERROR: |1,1\n',
    ' - '
  ]
  for (const unit of units) {
    const text = unit.repeat(size / unit.length)
    for (const whole of [
      text,
      `${text}\n`,
      `SUCCESS: ${text}\n`,
      `ERROR: a|b|${text}!\n`,
      `CRM-1|1|${text}x\n`,
      `NOTICE: ${text}\n${SUCCESS}\n`
    ]) {
      readUpdateReply(200, whole, ASKED)
      readSearchReply(200, whole, ['CRM-1'], 10)
    }
  }
  t.pass('within the time of a test')
})
