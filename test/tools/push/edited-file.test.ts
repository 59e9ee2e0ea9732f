import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { test } from 'tap'
import { Checkpoint } from '../../../src/tools/push/checkpoint/checkpoint.ts'
import { RejectsFile } from '../../../src/tools/push/checkpoint/rejects-file.ts'
import { push } from '../../../src/tools/push/push.ts'
import { dataDir } from '../../helper.ts'
import { pushOptions } from './options.ts'
import { type Fault, startStandIn } from './stand-in.ts'

/** Lines of rejects: the first cells and the line in the input. */
function rejectsOf(path: string): string[] {
  if (!existsSync(path)) return []
  const lines = readFileSync(path, 'latin1')
    .split('\n')
    .filter((line) => line !== '')
  return lines.slice(1).map((line) => line.split(',').slice(0, 3).join(','))
}

test('once a faulty row is corrected, the push goes on with it', async (t) => {
  const { url, times } = await startStandIn(t, () => 'none')
  const path = join(dataDir(t), 'leads.csv')
  const rows = Array.from({ length: 10 }, (_, n) => `${n + 1},R${n}`)
  const write = (row: string) => {
    writeFileSync(path, Buffer.from(`lead_id,status\n${rows.with(5, row).join('\n')}\n`, 'latin1'))
  }
  const notices: string[] = []
  const options = { batch: 3, onNotice: (text: string) => notices.push(text) }
  write('6,R\xf6')
  t.match(await push(pushOptions(url, path, options)), {
    totals: { rows: 10, byStatus: { updated: 9, rejected: 1 } }
  })
  t.strictSame(rejectsOf(`${path}.rejects.csv`), ['6,R\xf6,7'])

  write('6,R5')
  t.match(await push(pushOptions(url, path, options)), {
    rowsThisRun: 5,
    totals: { rows: 10, byStatus: { updated: 10 } },
    rejects: undefined
  })
  t.strictSame(rejectsOf(`${path}.rejects.csv`), [])
  t.strictSame(
    rows.map((_, n) => times.get(`R${n}`)),
    [1, 1, 1, 1, 1, 1, 2, 2, 2, 2],
    'rows after the change are sent again, in their order'
  )
  t.strictSame(notices, [
    'The file has changed. Its first 5 rows are the same as before: this run continues after them.'
  ])
  t.match(await push(pushOptions(url, path, options)), { rowsThisRun: 0, totals: { rows: 10 } })
})

test('however a file was edited, each row has one outcome, and the last row of each lead wins', async (t) => {
  // A row without a status is faulty.
  const row = fc
    .tuple(fc.integer({ min: 1, max: 6 }), fc.constantFrom(',S', ',T', ''))
    .map((cells) => cells.join(''))
  const rows = fc.array(row, { maxLength: 12 })
  const edits = fc.array(fc.tuple(fc.nat({ max: 15 }), fc.nat({ max: 3 }), fc.array(row, { maxLength: 3 })), {
    minLength: 1,
    maxLength: 3
  })
  const faults = fc.array(fc.constantFrom<Fault>('none', 'none', 'half', 'cut_after', 503), { maxLength: 12 })
  const batch = fc.integer({ min: 1, max: 5 })
  await fc.assert(
    fc.asyncProperty(
      rows,
      edits,
      faults,
      batch,
      fc.nat({ max: 6 }),
      async (rows, edits, faults, batch, abortAt) => {
        const interruption = new AbortController()
        const { url, made } = await startStandIn(t, (request) => {
          if (request === abortAt) interruption.abort()
          return faults[request] ?? 'none'
        })
        const path = join(dataDir(t), 'leads.csv')
        // The first row stays, as the file is another otherwise.
        let content = ['1,first', ...rows]
        /** The first row that differed at the last edit: it and those after it were sent again. */
        let changedAt = 0
        const write = () => {
          writeFileSync(path, `lead_id,status\n${content.join('\n')}\n`)
        }
        write()
        await push(pushOptions(url, path, { batch, signal: interruption.signal }))
        for (const [at, removed, added] of edits) {
          const before = content
          content = before.toSpliced(at + 1, removed, ...added)
          const other = content.findIndex((line, n) => line !== before[n])
          if (other >= 0) changedAt = other
          else if (content.length < before.length) changedAt = content.length
          write()
          await push(pushOptions(url, path, { batch }))
        }
        let end = await push(pushOptions(url, path, { batch }))
        for (let run = 0; run < 10 && end.waiting > 0; run++)
          end = await push(pushOptions(url, path, { batch }))

        const faulty = content.flatMap((line, n) => (line.includes(',') ? [] : [n + 2]))
        const counts = { updated: content.length - faulty.length, rejected: faulty.length }
        t.strictSame(
          [end.totals.rows, { updated: 0, rejected: 0, ...end.totals.byStatus }],
          [content.length, counts]
        )
        // What a removed row has set stays, so only leads with a row after the last edit can be compared.
        const last = new Map<string, string>()
        const compared = new Set<string>()
        for (const [n, line] of content.entries()) {
          const [lead = '', status] = line.split(',')
          if (status !== undefined) last.set(lead, status)
          if (status !== undefined && n >= changedAt) compared.add(lead)
        }
        for (const lead of compared) t.equal(made.get(lead)?.at(-1), last.get(lead))
        const lines = rejectsOf(`${path}.rejects.csv`).map((line) => Number(line.split(',').at(-1)))
        t.strictSame(
          lines.toSorted((a, b) => a - b),
          faulty
        )
      }
    ),
    { numRuns: 30 }
  )
})

test('a crash before the new rejects file replaces the old one loses nothing', async (t) => {
  const { url } = await startStandIn(t, () => 'none')
  const path = join(dataDir(t), 'leads.csv')
  writeFileSync(path, 'lead_id,status\n1\n2,A\n3\n')
  await push(pushOptions(url, path, { batch: 1 }))
  const checkpoint = new Checkpoint(`${path}.push-state`, undefined, 1, false)
  t.teardown(() => {
    checkpoint.close()
  })
  const rejectsPath = `${path}.rejects.csv`
  const old = readFileSync(rejectsPath, 'utf8')
  const kept = `${old.split('\n').slice(0, 2).join('\n')}\n`
  // As a run leaves it that is killed in between.
  writeFileSync(`${rejectsPath}.new`, kept)
  checkpoint.goBack(2, checkpoint.rejectsBefore(2), kept.length)
  t.ok(checkpoint.replacesRejects)

  const rejects = new RejectsFile(rejectsPath, checkpoint)
  t.equal(rejects.bytes, kept.length)
  rejects.close()
  t.equal(readFileSync(rejectsPath, 'utf8'), kept)
  t.notOk(existsSync(`${rejectsPath}.new`))
  t.notOk(checkpoint.replacesRejects)
})
