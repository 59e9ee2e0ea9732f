import { copyFileSync, existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { test } from 'tap'
import { API_KEY, call, dataDir, sharedGateway, startGateway, type Tester } from '../../helper.ts'
import { as, ended, store, withCallers } from '../../routes/jobs-of.ts'
import { run, setEnv } from './run.ts'

/** Nothing listens there, so updates wait. */
const NO_VICIDIAL = 'http://127.0.0.1:9/vicidial/non_agent_api.php'
const SENDERS = 4
const LEADS_PER_SENDER = 60
const ACCEPTED_BEFORE = 16
/** Makes the database large enough for several steps of a copy. */
const NOTES = 'n'.repeat(240)

function speakTo(t: Tester, origin: string, key = API_KEY): void {
  setEnv(t, 'GATEWAY_URL', origin)
  setEnv(t, 'GATEWAY_KEY', key)
}

test('a restore from a backup under load loses nothing that was accepted before it began', async (t) => {
  const data = dataDir(t)
  const gateway = await startGateway(t, { VICIDIAL_URL: NO_VICIDIAL, DATA_DIR: data })
  speakTo(t, gateway.origin)
  const accepted: { job: string; sender: number; rank: number }[] = []
  let isOver = false
  let onAccepted = () => {}
  const send = async (sender: number) => {
    const leads = Array.from({ length: LEADS_PER_SENDER }, (_, n) => 1 + sender * LEADS_PER_SENDER + n)
    for (let rank = 1; !isOver; rank++) {
      const updates = leads.map((lead_id) => ({
        lead_id,
        fields: { rank, address1: NOTES.slice(0, 90), comments: NOTES }
      }))
      accepted.push({ job: await store(gateway, { updates }), sender, rank })
      onAccepted()
    }
  }
  const senders = Array.from({ length: SENDERS }, (_, sender) => send(sender))
  await new Promise<void>((resolve) => {
    onAccepted = () => {
      if (accepted.length >= ACCEPTED_BEFORE) resolve()
    }
  })

  const folder = t.testdir()
  let before = 0
  let saved = { file: '', waiting: 0 }
  // Once more if no update came while the backup was made.
  for (let n = 1; before === 0 || accepted.length === before; n++) {
    before = accepted.length
    const { exitCode, stdout, stderr } = await run('backup', join(folder, `${n}.db`), '--json')
    t.same({ exitCode, stderr }, { exitCode: 0, stderr: '' })
    saved = JSON.parse(stdout)
  }
  isOver = true
  await Promise.all(senders)
  t.ok(saved.waiting >= before * LEADS_PER_SENDER, 'the backup counts what waits')
  t.notOk(existsSync(join(data, 'gateway.backup')), 'nothing is left in DATA_DIR')

  const restored = dataDir(t)
  copyFileSync(saved.file, join(restored, 'gateway.db'))
  const second = await startGateway(t, { DATA_DIR: restored }, { leads: SENDERS * LEADS_PER_SENDER })
  for (const { job, sender, rank } of accepted.slice(0, before)) {
    const { status, results } = await ended(second, job)
    t.match({ status, length: results.length }, { status: 'completed', length: LEADS_PER_SENDER })
    for (let n = 0; n < LEADS_PER_SENDER; n++) {
      const lead = 1 + sender * LEADS_PER_SENDER + n
      const held = Number(second.sandbox.leads()[lead]?.rank)
      if (held < rank) t.fail(`lead ${lead} has rank ${held}, but ${rank} was accepted`)
    }
  }
})

test('backup saves one file that only its owner can read, and says what is in it', async (t) => {
  const gateway = await startGateway(t, { VICIDIAL_URL: NO_VICIDIAL })
  speakTo(t, gateway.origin)
  await store(gateway, { lead_ids: [1, 2, 3], fields: { status: 'SALE' } })
  const folder = t.testdir()
  const file = join(folder, 'copy.db')

  const saved = await run('backup', file)
  const { size, mode } = statSync(file)
  t.same(saved, {
    exitCode: 0,
    stdout: `${file}: ${(size / 1e6).toFixed(1)} MB, 3 updates waiting, 0 dead letters\n`,
    stderr: ''
  })
  t.equal(mode & 0o777, 0o600)
  t.same(readdirSync(folder), ['copy.db'])

  const content = readFileSync(file)
  const again = await run('backup', file)
  t.same(again, {
    exitCode: 1,
    stdout: '',
    stderr: `${file} exists: choose another name, or delete it first.\n`
  })
  t.same(readFileSync(file), content)
})

test('only a caller with the permission backup gets a copy', async (t) => {
  const gateway = await startGateway(t, withCallers(t))
  const denied = await call(gateway, 'GET', '/v1/backup', undefined, as('crm-key'))
  t.match(denied, { status: 403, body: { detail: 'The caller crm lacks "backup" (permissions.routes).' } })
  const copy = await fetch(`${gateway.origin}/v1/backup`, { headers: as('ops-key') })
  t.equal(copy.status, 200)
  t.equal(copy.headers.get('content-type'), 'application/vnd.sqlite3')
  const bytes = Buffer.from(await copy.arrayBuffer())
  t.equal(bytes.length, Number(copy.headers.get('content-length')))
  t.equal(bytes.toString('latin1', 0, 15), 'SQLite format 3')
  t.match(await call(gateway, 'HEAD', '/v1/backup', undefined, as('ops-key')), { status: 405 })
  speakTo(t, gateway.origin, 'crm-key')
  const folder = t.testdir()
  t.match(await run('backup', join(folder, 'copy.db')), { exitCode: 1, stderr: /^permission_denied: / })
  t.same(readdirSync(folder), [])
})

test('of two backups at the same time one is refused', async (t) => {
  const gateway = await sharedGateway(t)
  const get = () => call(gateway, 'GET', '/v1/backup')
  const answers = await Promise.all([get(), get()])
  t.same(answers.map(({ status }) => status).toSorted(), [200, 409])
  t.match(await get(), { status: 200 })
})

test('backup saves nothing that is not a whole database of a gateway', async (t) => {
  let answer: { type: string; body: Buffer; length?: number } = {
    type: 'text/html',
    body: Buffer.from('<p>Hello</p>')
  }
  const server = createServer((_request, response) => {
    const { type, body, length = body.length } = answer
    response.writeHead(200, { 'content-type': type, 'content-length': length })
    if (length === body.length) response.end(body)
    else response.write(body, () => response.destroy())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
  speakTo(t, `http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  const folder = t.testdir({})
  const file = join(folder, 'copy.db')

  t.same(await run('backup', file), {
    exitCode: 1,
    stdout: '',
    stderr: 'What arrived is not a whole database of a gateway. Is the URL right?\n'
  })
  const gateway = await sharedGateway(t)
  const whole = Buffer.from(
    await (await fetch(`${gateway.origin}/v1/backup`, { headers: as(API_KEY) })).arrayBuffer()
  )
  answer = {
    type: 'application/vnd.sqlite3',
    body: whole.subarray(0, whole.length / 2),
    length: whole.length
  }
  t.match(await run('backup', file), { exitCode: 1, stderr: /^The copy could not be saved: / })
  const damaged = Buffer.from(whole)
  damaged.fill(255, 4_096)
  answer = { type: 'application/vnd.sqlite3', body: damaged }
  t.match(await run('backup', file), { exitCode: 1, stderr: /^What arrived is not a whole database/ })
  t.same(readdirSync(folder), [])
})

test('a copy that a crash left in DATA_DIR is deleted at the start', async (t) => {
  const data = dataDir(t)
  writeFileSync(join(data, 'gateway.backup'), 'half')
  await startGateway(t, { DATA_DIR: data })
  t.notOk(existsSync(join(data, 'gateway.backup')))
})
