import { execFileSync } from 'node:child_process'
import { closeSync, constants, openSync, readFileSync, readSync } from 'node:fs'
import { join } from 'node:path'
import { pino } from 'pino'
import { type Test, test } from 'tap'
import { LogOutput } from '../../src/telemetry/log-output.ts'
import { fill, smallDisk } from '../small-disk.ts'
import { settled } from '../stopped-clock.ts'
import { until } from '../until.ts'

test('a log file on a full disk stops nothing; what it cannot take is kept up to 1 MiB, then dropped and reported', async (t) => {
  const directory = smallDisk(t)
  if (directory === undefined) return
  const path = join(directory, 'log')
  const file = openSync(path, 'a')
  const reported: number[] = []
  const output = new LogOutput(file, (dropped) => void reported.push(dropped))
  const log = pino({ base: null, timestamp: false }, output)
  log.info('before')
  const makeRoom = fill(directory)
  // The end of the file's last page is still free.
  for (let n = 0; n < 5; n++) log.error({ text: 'x'.repeat(4_096) }, 'kept')
  t.equal(output.dropped, 0)
  const lines = Array.from({ length: 1_024 }, (_, n) => n)
  for (const n of lines) log.error({ n, text: 'x'.repeat(1_024) }, 'too many')
  t.ok(output.dropped > 0)
  t.same(reported, [])

  makeRoom()
  log.info({ text: 'x'.repeat(4_096) }, 'has no room beside those that wait')
  log.info({ text: 'x'.repeat(4_096) }, 'after')
  await settled()
  t.same(reported, [output.dropped])
  const written = readFileSync(path, 'utf8').trimEnd().split('\n')
  const messages = written.map((line) => (JSON.parse(line) as { msg: string }).msg)
  t.equal(messages.length, 1 + 5 + 1_024 + 2 - output.dropped)
  t.same([messages[0], messages[5], messages.at(-1)], ['before', 'kept', 'after'])
  closeSync(file)
})

/** A pipe, with a function that reads what was written to it so far. */
function pipe(t: Test) {
  const path = join(t.testdir(), 'pipe')
  execFileSync('mkfifo', [path])
  const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
  t.teardown(() => {
    closeSync(reader)
  })
  const buffer = Buffer.alloc(65_536)
  const read = () => {
    try {
      return buffer.toString('utf8', 0, readSync(reader, buffer))
    } catch {
      return 'nothing'
    }
  }
  return { writer: openSync(path, 'w'), read }
}

test('a pipe gets lines that follow each other closely together, in order', async (t) => {
  const { writer, read } = pipe(t)
  const output = new LogOutput(writer, () => {})
  output.write('one\n')
  await Promise.resolve()
  output.write('two é\n')
  t.equal(read(), 'nothing')
  const text = await until('both are written', () => {
    const found = read()
    return found !== 'nothing' && found
  })
  t.equal(text, 'one\ntwo é\n')
  output.write('three\n')
  await output.end()
  t.equal(read(), 'three\n')
})

test('a fatal error is written at once, after the lines before it', async (t) => {
  const { writer, read } = pipe(t)
  const output = new LogOutput(writer, () => {})
  const log = pino({ base: null, timestamp: false }, output)
  log.info('before')
  log.fatal('the end')
  t.equal(read(), '{"level":30,"msg":"before"}\n{"level":60,"msg":"the end"}\n')
  log.info('after')
  output.flushSync()
  t.equal(read(), '{"level":30,"msg":"after"}\n')
  await output.end()
})
