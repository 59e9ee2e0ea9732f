import { text } from 'node:stream/consumers'
import { parse } from 'csv-parse/sync'
import fc from 'fast-check'
import { test } from 'tap'
import { changesOf } from '../../src/leads/changes.ts'
import { deadLettersCsv } from '../../src/ops/dead-letters/dead-letters-csv.ts'
import type { DeadLetter } from '../../src/outbox/jobs.ts'

function letter(id: number, code = `CRM-${id}`): DeadLetter {
  return {
    id,
    sequence: id,
    jobId: 'job_1',
    caller: 'crm',
    account: 'default',
    source: 'crm',
    update: {
      index: 0,
      key: { by: 'vendor_lead_code', value: code },
      onMultiple: 'reject',
      changes: changesOf('update_lead', {}, { status: 'SALE', city: 'Bonn' }, [])
    },
    superseded: ['city'],
    attempts: 3,
    result: {
      index: 0,
      vendor_lead_code: code,
      status: 'failed',
      error: { code: 'upstream_error', detail: code, retryable: true }
    },
    diedAt: 0
  }
}

async function* pages(...all: DeadLetter[][]) {
  yield* all
}

test('a row has the letter, and the names of its fields without their values', async (t) => {
  t.equal(
    await text(deadLettersCsv(pages([letter(7)]))),
    'id,job_id,caller,account,source,lead_id,vendor_lead_code,phone_number,attempts,died_at,status,code,detail,fields,superseded\r\n' +
      'dl_000000000007,job_1,crm,default,crm,,CRM-7,,3,1970-01-01T00:00:00.000Z,failed,upstream_error,CRM-7,status city,city\r\n'
  )
})

test('a hostile text stays in its cell, and no cell begins like a formula', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.string({
        unit: fc.constantFrom('=', '+', '-', '@', '\t', '\r', '\n', ',', '"', "'", ' ', 'A', '1')
      }),
      async (code) => {
        const csv = await text(deadLettersCsv(pages([letter(1, code), letter(2)])))
        const rows = parse<Record<string, string>>(csv, { columns: true, record_delimiter: '\r\n' })
        const [row] = rows
        const isFormula = /^[=+\-@\t\r]/.test(code)
        const expected = isFormula ? `'${code}` : code
        return rows.length === 2 && row?.['vendor_lead_code'] === expected && row['detail'] === expected
      }
    )
  )
})

test('letters are read as they are sent, and reading stops when the reader goes', async (t) => {
  let read = 0
  const endless = (async function* () {
    for (;;) yield [letter(++read)]
  })()
  const csv = deadLettersCsv(endless)
  await new Promise((resolve) => csv.once('readable', resolve))
  await new Promise((resolve) => setImmediate(resolve))
  const ahead = read
  t.ok(ahead < 1_000, `${ahead} letters were read before any was taken`)
  csv.destroy()
  await new Promise((resolve) => csv.once('close', resolve))
  await new Promise((resolve) => setImmediate(resolve))
  const { done } = await endless.next()
  t.equal(done, true)
})

test('if reading fails, the CSV ends with the error', async (t) => {
  const failing = (async function* () {
    yield [letter(1)]
    throw new Error('The database cannot be read.')
  })()
  await t.rejects(text(deadLettersCsv(failing)), { message: 'The database cannot be read.' })
})
