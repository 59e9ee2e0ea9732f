import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { test } from 'tap'
import { push } from '../../../src/tools/push/push.ts'
import { Checkpoint } from '../../../src/tools/push/checkpoint/checkpoint.ts'
import { startSandbox } from '../../../src/tools/sandbox/sandbox.ts'
import { run, setEnv } from '../cli/run.ts'
import { API_KEY, dataDir, type Gateway, startGateway, type Tester } from '../../helper.ts'
import type { Progress } from '../../../src/tools/push/progress.ts'
import { pushOptions } from './options.ts'
import { startStandIn } from './stand-in.ts'

function fileOf(t: Tester, content: string, name = 'leads.csv'): string {
  const path = join(dataDir(t), name)
  writeFileSync(path, content)
  return path
}

/** Starts a gateway for commands, which find its address and a key in the environment. */
async function startForCommands(t: Tester): Promise<Gateway> {
  const gateway = await startGateway(t)
  setEnv(t, 'GATEWAY_URL', gateway.origin)
  setEnv(t, 'GATEWAY_KEY', API_KEY)
  return gateway
}

/** An address where nothing listens. */
async function freeAddress(): Promise<string> {
  const sandbox = await startSandbox()
  await sandbox.close()
  return sandbox.origin
}

/** What VICIdial holds of a lead. */
function held({ sandbox }: Gateway, lead: number) {
  return sandbox.leads()[lead]
}

test('a CSV file: every row has an outcome, rejects have reasons, and the summary counts them', async (t) => {
  const gateway = await startForCommands(t)
  const path = fileOf(
    t,
    'Lead;Stage;Note;Street\n1;SALE;x;"12 Elm, #4"\n2;TOOLONG;"a;b";\n9999;SALE;;\n3;SALE;;\n4\n'
  )
  const args = [
    '--map',
    'Lead=lead_id',
    '--map',
    'Stage=status',
    '--map',
    'Street=address1',
    '--ignore',
    'Note'
  ]
  const { exitCode, stdout, stderr } = await run('push', path, ...args, '--set', 'rank=5')
  t.strictSame({ exitCode, stderr }, { exitCode: 1, stderr: '' })
  // The time has as many digits as the machine needs.
  const shown = stdout.replace(/seconds +[\d.]+  \d+ rows per second/, 'seconds N  N rows per second')
  t.strictSame(shown.split(/ *\n/), [
    'rows                     5',
    '  updated                2',
    '  not_found              1',
    '  rejected               2',
    'warnings                 1  characters_dropped',
    'calls                    2  to VICIdial',
    'seconds N  N rows per second',
    `Rejected rows, with reasons: ${path}.rejects.csv`,
    ''
  ])
  t.match(held(gateway, 1), { status: 'SALE', rank: 5, address1: '12 Elm 4' })
  t.match(held(gateway, 3), { status: 'SALE', rank: 5, address1: '3 Main St' })
  const rejects = readFileSync(`${path}.rejects.csv`, 'utf8').trimEnd().split('\n')
  t.equal(rejects[0], 'Lead;Stage;Note;Street;push_line;push_status;push_code;push_field;push_detail')
  t.match(rejects[1], /^2;TOOLONG;"a;b";;3;rejected;field_too_long;status;/)
  t.match(rejects[2], /^9999;SALE;;;4;not_found;lead_not_found;;/)
  t.match(rejects[3], /^4;;;;6;rejected;row_malformed;;The row has 1 cells, the header 4\.$/)
  t.equal(rejects.length, 4)

  const calls = gateway.sandbox.calls().length
  const again = await run('push', path, ...args, '--set', 'rank=5', '--json')
  t.match(JSON.parse(again.stdout), { rows: 5, rows_this_run: 0, complete: true, by_status: { updated: 2 } })
  t.equal(gateway.sandbox.calls().length, calls, 'nothing is sent again')
})

test('invalid input ends with 2 before anything is sent', async (t) => {
  const gateway = await startForCommands(t)
  const path = fileOf(t, 'lead_id,Stauts\n1,SALE\n')
  const refused = async (pattern: RegExp, ...args: string[]) => {
    const { exitCode, stdout, stderr } = await run('push', ...args)
    t.strictSame({ exitCode, stdout }, { exitCode: 2, stdout: '' })
    t.match(stderr, pattern)
  }
  await refused(/^Unknown column "Stauts"\. Did you mean status\?/, path)
  await refused(/^Can't read .*\.gone \(ENOENT\)/, `${path}.gone`)
  await refused(/^error: option '--map/, path, '--map', 'Stauts')
  await refused(/'--batch <n>' argument '0' is invalid\. It must be from 1 to 100000\./, path, '--batch', '0')
  const array = '[{"lead_id":1,"stauts":"SALE"}]'
  await refused(/^Row 1: Unknown column "stauts"/, fileOf(t, array, 'x.json'))
  await refused(/^The header is not valid CSV/, fileOf(t, array))
  await refused(/^Row 1: The line is not JSON/, fileOf(t, '{\n"lead_id":1}\n', 'x.json'))
  setEnv(t, 'GATEWAY_KEY', 'another')
  await refused(/^The gateway answered 401 unauthenticated/, path)
  await refused(/^Can't reach .* \(ECONNREFUSED\)/, path, '--url', await freeAddress())
  t.strictSame(gateway.sandbox.calls(), [])
  t.notOk(existsSync(`${path}.push-state`))
})

test('a push resumes only with the same file and options; --restart starts over', async (t) => {
  const gateway = await startGateway(t)
  const path = fileOf(t, 'lead_id,status\n1,A\n9999,A\n')
  const options = pushOptions(gateway.origin, path)
  t.match(await push(options), { rowsThisRun: 2 })
  await t.rejects(push({ ...options, mapping: { ...options.mapping, emptyClears: true } }), {
    exitCode: 2,
    message: /belongs to a different push: empty_clears was false, now it is true\. .* --restart/
  })
  writeFileSync(path, 'lead_id,status\n3,A\n9999,A\n')
  await t.rejects(push(options), { exitCode: 2, message: /the file has changed from its first row on\./ })
  writeFileSync(path, 'lead_id,rank\n1,5\n9999,5\n')
  await t.rejects(push(options), {
    exitCode: 2,
    message: /its columns were lead_id, status, now they are lead_id, rank\./
  })
  writeFileSync(path, 'lead_id,status\n')
  await t.rejects(push(options), { exitCode: 2, message: /the file has changed from its first row on\./ })
  writeFileSync(path, 'lead_id,status\n1,A\n9999,A\n2,A\n')
  t.match(await push(options), { rowsThisRun: 1, totals: { rows: 3 } })
  t.match(await push({ ...options, restart: true }), { rowsThisRun: 3, totals: { rows: 3 } })
  t.equal(readFileSync(`${path}.rejects.csv`, 'utf8').split('\n').length, 3)
})

test("another push's rejects file is not overwritten", async (t) => {
  const gateway = await startGateway(t)
  const path = fileOf(t, 'lead_id,status\n9999,A\n')
  writeFileSync(`${path}.rejects.csv`, 'precious')
  for (let n = 0; n < 2; n++)
    await t.rejects(push(pushOptions(gateway.origin, path)), {
      exitCode: 2,
      message: /already exists, from another push/
    })
  t.equal(readFileSync(`${path}.rejects.csv`, 'utf8'), 'precious')
})

test('rejects that a killed push wrote but did not record are removed', async (t) => {
  const gateway = await startGateway(t)
  const path = fileOf(t, 'lead_id,status\n9991,A\n9992,A\n9993,A\n')
  const interruption = new AbortController()
  const interrupt = () => {
    interruption.abort()
  }
  const options = { batch: 1, concurrency: 1 }
  await push(
    pushOptions(gateway.origin, path, { ...options, signal: interruption.signal, onProgress: interrupt })
  )
  appendFileSync(`${path}.rejects.csv`, '9992,A,3,not_found,lead_not_fo')
  t.match(await push(pushOptions(gateway.origin, path, options)), {
    totals: { rows: 3, byStatus: { not_found: 3 } }
  })
  const rejects = readFileSync(`${path}.rejects.csv`, 'utf8').trimEnd().split('\n')
  t.strictSame(
    rejects.map((line) => line.split(',').slice(0, 4).join()),
    ['lead_id,status,push_line,push_status', '9991,A,2,not_found', '9992,A,3,not_found', '9993,A,4,not_found']
  )
})

test('while one push of a file runs, another is refused', async (t) => {
  const gateway = await startGateway(t)
  const path = fileOf(t, 'lead_id,status\n1,A\n')
  const running = new Checkpoint(`${path}.push-state`, undefined, 100, false)
  await t.rejects(push(pushOptions(gateway.origin, path)), {
    exitCode: 2,
    message: /is in use: another push of this file is running/
  })
  running.close()
  t.match(await push(pushOptions(gateway.origin, path)), { totals: { rows: 1 } })
})

test('a dry run changes nothing and leaves no checkpoint', async (t) => {
  const gateway = await startGateway(t)
  const path = fileOf(t, 'lead_id,status\n1,SALE\n2,TOOLONG\n')
  for (let n = 0; n < 2; n++) {
    const outcome = await push(pushOptions(gateway.origin, path, { dryRun: true }))
    t.match(outcome, {
      totals: { byStatus: { planned: 1, rejected: 1 } },
      rejects: `${path}.dry-run.rejects.csv`
    })
  }
  t.strictSame(gateway.sandbox.calls(), [])
  t.notOk(existsSync(`${path}.push-state`))
})

test('standard input, JSON lines: API updates and flat objects can be mixed', async (t) => {
  const gateway = await startGateway(t)
  const lines = [
    { vendor_lead_code: 'CRM-1', fields: { comments: null, status: 'A' } },
    { lead_id: 2, status: 'B', rank: 7 },
    { lead_id: 3, stauts: 'B' }
  ]
  const rejects = join(dataDir(t), 'rejects.jsonl')
  const outcome = await push(
    pushOptions(gateway.origin, '-', {
      standardInput: Readable.from([Buffer.from(lines.map((line) => `${JSON.stringify(line)}\n`).join(''))]),
      rejects
    })
  )
  t.match(outcome, { totals: { rows: 3, byStatus: { updated: 2, rejected: 1 } }, checkpoint: undefined })
  t.match(held(gateway, 1), { status: 'A' })
  t.match(held(gateway, 2), { status: 'B', rank: 7 })
  t.match(JSON.parse(readFileSync(rejects, 'utf8')), {
    lead_id: 3,
    stauts: 'B',
    push_line: 3,
    push_code: 'columns_unclear'
  })
})

test('a JSON array', async (t) => {
  const gateway = await startGateway(t)
  const path = fileOf(
    t,
    JSON.stringify([1, 2, 3].map((lead_id) => ({ lead_id, fields: { status: `J${lead_id}` } }))),
    'x.json'
  )
  t.match(await push(pushOptions(gateway.origin, path, { batch: 2 })), {
    totals: { byStatus: { updated: 3 } }
  })
  t.equal(held(gateway, 3)?.status, 'J3')
})

test("a push adapts to the gateway's limit of updates per request", async (t) => {
  const gateway = await startGateway(t, { MAX_UPDATES_PER_REQUEST: '10' })
  const rows = Array.from({ length: 95 }, (_, n) => `${n + 1},L${n % 7}\n`)
  const path = fileOf(t, `lead_id,status\n${rows.join('')}`)
  t.match(await push(pushOptions(gateway.origin, path, { batch: 64 })), {
    totals: { rows: 95, byStatus: { updated: 95 } },
    rejects: undefined
  })
  t.equal(held(gateway, 95)?.status, 'L3')
})

test('a push stops at once if VICIdial refuses the login', async (t) => {
  const gateway = await startGateway(t, {}, {})
  gateway.sandbox.setPassword('changed')
  const before = gateway.sandbox.calls().length
  const path = fileOf(t, 'lead_id,status\n1,A\n2,A\n')
  const first = await push(pushOptions(gateway.origin, path, { batch: 1 }))
  t.match(first, { stopped: /^The gateway answered 502 upstream_login_failed: /, totals: { rows: 0 } })
  const logins = gateway.sandbox.calls().length - before
  t.ok(logins <= 1, `${logins} logins`)
})

test("rejects have the input's encoding and delimiter, so that the same options push them", async (t) => {
  const gateway = await startGateway(t)
  const text = 'vendor_lead_code;first_name;status\nnobody;Müller;A\nCRM-2;"Jos;é";TOOLONG\n'
  const utf16 = Buffer.from(`\ufeff${text}`, 'utf16le')
  const inputs: [string, Buffer][] = [
    ['latin1', Buffer.from(text, 'latin1')],
    ['utf-8', Buffer.from(`\ufeff${text}`)],
    ['utf-8', utf16],
    ['utf-8', Buffer.from(utf16).swap16()]
  ]
  for (const [encoding, bytes] of inputs) {
    const path = join(dataDir(t), 'leads.csv')
    writeFileSync(path, bytes)
    const { rejects = '' } = await push(pushOptions(gateway.origin, path, { encoding }))
    t.strictSame(readFileSync(rejects).subarray(0, 20), bytes.subarray(0, 20), 'it begins as the input does')
    const again = await push(pushOptions(gateway.origin, rejects, { encoding }))
    t.match(again.totals, { rows: 2, byStatus: { not_found: 1, rejected: 1 } })
    const [first, second] = [rejects, again.rejects ?? ''].map((file) => readFileSync(file))
    t.strictSame(second?.length, first?.length)
  }
})

test('a row that is not text in its encoding is rejected with its bytes, and the others are updated', async (t) => {
  const gateway = await startGateway(t)
  const path = join(dataDir(t), 'leads.csv')
  writeFileSync(path, Buffer.from('lead_id,status\n1,A\n2,\xf6\n3,B\n', 'latin1'))
  const { totals, rejects = '' } = await push(pushOptions(gateway.origin, path))
  t.match(totals, { rows: 3, byStatus: { updated: 2, rejected: 1 } })
  const [, row] = readFileSync(rejects, 'latin1').split('\n')
  t.match(row, /^2,\xf6,3,rejected,row_malformed,,/)
})

test('a header that is not clear is refused with a whole command that works', async (t) => {
  const gateway = await startForCommands(t)
  const path = fileOf(t, 'Lead,Phone Number,entry_date,Our notes\n1,2125550199,2026-01-01,x\n')
  const { exitCode, stderr } = await run('push', path, '--set', 'status=A')
  t.equal(exitCode, 2)
  const [heading, command = ''] = stderr.trimEnd().split('\n').slice(-2)
  t.equal(heading, 'To start without the columns "entry_date", "Our notes":')
  t.equal(
    command.trim(),
    `vicidial-gateway push ${path} --set status=A --map Lead=lead_id --ignore entry_date --ignore "Our notes" --key Lead`
  )
  const args = command.trim().split(' ').slice(1).join(' ').replace('"Our notes"', 'Our_notes').split(' ')
  const done = await run(...args.map((one) => one.replace('Our_notes', 'Our notes')))
  t.equal(done.exitCode, 0, done.stderr)
  t.match(held(gateway, 1), { status: 'A', phone_number: '2125550199' })
})

test('the rows in a list of an object are not guessed', async (t) => {
  const gateway = await startGateway(t)
  const rows = [{ lead_id: 1, status: 'A' }]
  for (const text of [
    JSON.stringify({ results: rows }),
    JSON.stringify({ count: 1, results: rows }, undefined, 2)
  ])
    await t.rejects(push(pushOptions(gateway.origin, fileOf(t, text, 'x.json'))), {
      exitCode: 2,
      message: `The rows are in the list "results" of an object. Push the list itself: jq '.["results"]' FILE > rows.json`
    })
})

test('the summary counts blank rows, and says which cells may not be meant as they are written', async (t) => {
  const gateway = await startForCommands(t)
  const path = fileOf(t, 'lead_id,city,,\n1,NULL,,\n,,,\n,,,\n')
  const { exitCode, stdout } = await run('push', path)
  t.equal(exitCode, 0)
  t.match(stdout, /^blank rows +2 {2}left out$/m)
  t.match(stdout, /^city holds "NULL" in 1 row\. With --null-words, such cells are empty\.$/m)
  const { stdout: json } = await run('push', path, '--restart', '--null-words', '--set', 'status=A', '--json')
  t.match(JSON.parse(json), { rows: 1, blank_rows: 2, notes: undefined })
  t.equal(held(gateway, 1)?.city, 'NULL', 'an empty cell changes nothing')
})

test('with --on-invalid drop_field a row sets its sound values, and the summary counts the others', async (t) => {
  const gateway = await startForCommands(t)
  const path = fileOf(t, 'lead_id,status,email\n1,DNC,ann+promo@example.com\n2,DNC,ann@example.com\n')
  const { exitCode, stdout } = await run('push', path, '--on-invalid', 'drop_field')
  t.equal(exitCode, 0)
  t.match(stdout, /^ {2}updated +2$/m)
  t.match(stdout, /^warnings +1 {2}field_dropped$/m)
  t.match(
    stdout,
    /^Left out, as they cannot be set: email in 1 row\. The other values of these rows are set\.$/m
  )
  t.same([held(gateway, 1)?.status, held(gateway, 2)?.status], ['DNC', 'DNC'])
})

test('with --verify a row whose lead holds something else is reported, and the push has not succeeded', async (t) => {
  const gateway = await startForCommands(t)
  gateway.sandbox.fail('values_cut', { calls: 1, function: 'batch_update_lead', field: 'city' })
  const path = fileOf(t, 'lead_id,city\n1,Chicago\n2,Boston\n')
  const { exitCode, stdout } = await run('push', path, '--verify')
  t.equal(exitCode, 1)
  t.match(stdout, /updated +2/)
  t.match(stdout, /warnings +1 +stored_differs/)
  const rejects = readFileSync(`${path}.rejects.csv`, 'utf8').trimEnd().split('\n')
  t.equal(rejects.length, 2)
  t.match(rejects[1], /updated,stored_differs,city,.*VICIdial holds something else: city is/)
  const sound = fileOf(t, 'lead_id,city\n3,Chicago\n')
  t.equal((await run('push', sound, '--verify')).exitCode, 0)
  t.equal((await run('push', sound, '--verify', '2', '--restart')).exitCode, 2)
})

test('a push that takes long says so before it starts, and sends requests that VICIdial answers soon', async (t) => {
  const sizes: number[] = []
  const gateway = await startStandIn(
    t,
    (_, updates) => {
      sizes.push(updates.length)
      return 'none'
    },
    () => undefined,
    { max_calls_per_second: 20, max_concurrency: 2 }
  )
  const rows = Array.from({ length: 5_000 }, (_, n) => `${n + 1},S${n}\n`)
  const path = fileOf(t, `lead_id,status\n${rows.join('')}`)
  const notices: string[] = []
  const progress: Progress[] = []
  const summary = await push(
    pushOptions(gateway.url, path, {
      batch: 2_000,
      onNotice: (text) => notices.push(text),
      onProgress: (one) => progress.push(one)
    })
  )
  t.match(summary, { totals: { byStatus: { updated: 5_000 } } })
  t.same(notices, ['This takes about 4 minutes: about 5,000 calls to VICIdial, at most 20 calls a second.'])
  t.equal(Math.max(...sizes), 100, '5 seconds')
  t.match(progress[0], { rows: 0, totalRows: 5_000, plan: { rows: 2_000, calls: 2_000 } })
  t.match(progress.at(-1), { rows: 5_000, totalRows: 5_000 })
})

test('a dry run says how many calls the push would make, and how long it would take', async (t) => {
  const gateway = await startGateway(t, { VICIDIAL_MAX_CALLS_PER_SECOND: '5' })
  setEnv(t, 'GATEWAY_URL', gateway.origin)
  setEnv(t, 'GATEWAY_KEY', API_KEY)
  const rows = Array.from({ length: 800 }, (_, n) => `${(n % 20) + 1},${n}\n`)
  const path = fileOf(t, `lead_id,rank\n${rows.join('')}`)
  const { stdout, stderr } = await run('push', path, '--dry-run')
  t.match(stdout, /calls +800  to VICIdial, if it finds every lead: about 3 minutes, at 5 calls a second\n/)
  t.equal(stderr, '')
  const { stdout: json } = await run('push', path, '--dry-run', '--json')
  t.match(JSON.parse(json), { upstream_calls: 800, estimated_seconds: 160 })
  t.same(gateway.sandbox.calls(), [])
})

test('a column without a name that has values is asked for at the start: the index that a table program wrote', async (t) => {
  const gateway = await startForCommands(t)
  const path = fileOf(t, ',lead_id,status\n0,1,SALE\n1,2,SALE\n')
  const refused = await run('push', path)
  t.equal(refused.exitCode, 2)
  t.strictSame(refused.stderr.trimEnd().split('\n'), [
    'Column #1 has no name, but line 2 has a value there. Use --map "#1=NAME" or --ignore "#1".',
    'To start without the column "#1":',
    `  vicidial-gateway push ${path} --ignore "#1"`
  ])
  t.strictSame(gateway.sandbox.calls(), [])
  t.equal((await run('push', path, '--ignore', '#1')).exitCode, 0)
  t.match(held(gateway, 2), { status: 'SALE' })
})

test('with --hopper each lead goes into the hopper after its update, and the results are counted', async (t) => {
  const gateway = await startForCommands(t)
  const path = fileOf(t, 'lead_id,status\n1,HOT\n2,HOT\n1,COLD\n')
  const { exitCode, stdout } = await run('push', path, '--hopper', '50', '--call-time-check')
  t.equal(exitCode, 0)
  t.match(stdout, /Hopper: added in 2 rows, already_there in 1 row\./)
  t.match(gateway.sandbox.tables()['vicidial_hopper'], [
    { lead_id: '1', priority: '50' },
    { lead_id: '2', priority: '50' }
  ])
  for (const priority of ['100', '1.5', 'high'])
    t.equal((await run('push', path, '--hopper', priority, '--restart')).exitCode, 2, priority)
})
