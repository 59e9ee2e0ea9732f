import { test } from 'tap'
import { API_KEY, call, type Gateway, startGateway, startStandIn, type Tester } from '../../helper.ts'
import { ended, store } from '../../routes/jobs-of.ts'
import { SHORT_RETRY, scriptedVicidial } from '../../routes/scripted-vicidial.ts'
import { until } from '../../until.ts'
import { run, setEnv } from './run.ts'

/** Points the command line to this gateway, with this key. */
function speakTo(t: Tester, gateway: Gateway, key = API_KEY): void {
  setEnv(t, 'GATEWAY_URL', gateway.origin)
  setEnv(t, 'GATEWAY_KEY', key)
}

/** The rows of a table as objects, by column name. */
function rows(stdout: string): Record<string, string>[] {
  const [head = '', ...lines] = stdout.split('\n').filter((line) => line !== '')
  const starts = [...head.matchAll(/\S+( \S+)*/g)].map(({ 0: name, index }) => ({ name, index }))
  return lines.map((line) =>
    Object.fromEntries(
      starts.map(({ name, index }, i) => [name, line.slice(index, starts[i + 1]?.index).trim()])
    )
  )
}

/** A gateway whose VICIdial denied the updates of these leads, which are dead letters of the returned job. */
async function withDeadLetters(t: Tester, leads: readonly number[]) {
  const vicidial = await scriptedVicidial(t)
  const gateway = await startGateway(t, { VICIDIAL_URL: vicidial.url, ...SHORT_RETRY })
  speakTo(t, gateway)
  vicidial.denies()
  const job = await store(gateway, { lead_ids: leads, fields: { status: 'A', owner: 'a' } })
  await ended(gateway, job)
  return { vicidial, gateway, job }
}

test('jobs list shows jobs newest first, as a table and as JSON, and says if there are more', async (t) => {
  const gateway = await startGateway(t)
  speakTo(t, gateway)
  const first = await store(gateway, { lead_ids: [1, 99_999], fields: { status: 'SALE' } })
  const second = await store(gateway, { lead_ids: [2], fields: { status: 'SALE' } })
  await ended(gateway, first)
  await ended(gateway, second)

  const listed = await run('jobs', 'list')
  t.match(listed, { exitCode: 0, stderr: '' })
  t.match(rows(listed.stdout), [
    { JOB: second, STATUS: 'completed', CALLER: 'api_key', ORIGIN: 'batch', UPDATES: '1', UPDATED: '1' },
    { JOB: first, STATUS: 'partial', UPDATES: '2', UPDATED: '1' }
  ])

  const one = await run('jobs', 'list', '--limit', '1', '--json')
  t.match(JSON.parse(one.stdout), { jobs: [{ id: second, status: 'completed' }], more: true })
  t.match(one, { exitCode: 0, stderr: 'There are more than 1: use --limit or --all.\n' })

  const partial = await run('jobs', 'list', '--status', 'partial', '--source', 'gateway', '--json')
  t.match(JSON.parse(partial.stdout), { jobs: [{ id: first }], more: false })
  const others = await run('jobs', 'list', '--source', 'other', '--json')
  t.same(JSON.parse(others.stdout).jobs, [])
})

test('--limit and --all fetch several pages', async (t) => {
  const gateway = await startGateway(t)
  speakTo(t, gateway)
  for (let lead = 1; lead <= 105; lead++) await store(gateway, { lead_ids: [lead], fields: { status: 'A' } })
  const count = async (...flags: string[]) => {
    const { jobs, more } = JSON.parse((await run('jobs', 'list', '--json', ...flags)).stdout)
    return [new Set(jobs.map(({ id }: any) => id)).size, more]
  }
  t.strictSame(await count(), [50, true])
  t.strictSame(await count('--limit', '103'), [103, true])
  t.strictSame(await count('--limit', '105'), [105, false])
  t.strictSame(await count('--all'), [105, false])
})

test('jobs show prints every result with its reason', async (t) => {
  const gateway = await startGateway(t)
  speakTo(t, gateway)
  const updates = [
    { lead_id: 1, fields: { address1: '12 Elm St, Apt #4' } },
    { vendor_lead_code: 'no-such', fields: { status: 'A' } }
  ]
  const id = await store(gateway, { updates })
  await ended(gateway, id)
  const shown = await run('jobs', 'show', id)
  const [job, results] = shown.stdout.split('\n\n')
  t.match(rows(job ?? ''), [{ JOB: id, STATUS: 'partial' }])
  t.match(rows(results ?? ''), [
    { UPDATE: '0', LEAD: '1', STATUS: 'updated', DETAIL: 'characters_dropped in address1' },
    { UPDATE: '1', LEAD: 'no-such', STATUS: 'not_found', DETAIL: 'lead_not_found: No lead has this key.' }
  ])
  t.same(
    JSON.parse((await run('jobs', 'show', id, '--json')).stdout),
    (await call(gateway, 'GET', `/v1/jobs/${id}`)).body
  )
})

test('jobs replay delivers the dead letters of a job again; without any it is a conflict', async (t) => {
  const { vicidial, gateway, job } = await withDeadLetters(t, [1, 2])
  vicidial.makes()
  const { exitCode, stdout } = await run('jobs', 'replay', job)
  const [, replay = ''] = /^(job_\w+): replayed 2, remaining 0, refused 0\n$/.exec(stdout) ?? []
  t.equal(exitCode, 0)
  t.match(await ended(gateway, replay), { status: 'completed', origin: 'replay' })
  const again = await run('jobs', 'replay', job, '--json')
  t.match(again, {
    exitCode: 1,
    stdout: '',
    stderr: /^conflict: This job has no dead letters\.\n\(request req_\w+\)\n$/
  })
})

test('jobs replay --force sets fields that newer updates have set since', async (t) => {
  const { vicidial, gateway, job } = await withDeadLetters(t, [1])
  vicidial.makes()
  await ended(gateway, await store(gateway, { lead_ids: [1], fields: { status: 'B', owner: 'b' } }))
  const { id } = JSON.parse((await run('jobs', 'replay', job, '--force', '--json')).stdout)
  t.match(await ended(gateway, id), { status: 'completed' })
  t.equal(vicidial.made.at(-1), '1 status=A owner=a')
})

test('jobs cancel cancels updates that are not in flight', async (t) => {
  const vicidial = await scriptedVicidial(t)
  const gateway = await startGateway(t, { VICIDIAL_URL: vicidial.url })
  speakTo(t, gateway)
  vicidial.holds()
  const updates = ['A', 'B'].map((status) => ({ lead_id: 1, fields: { status } }))
  const id = await store(gateway, { updates })
  await until('the first is in flight', () => vicidial.held.length === 1)
  t.match(await run('jobs', 'cancel', id), { exitCode: 0, stdout: `${id}: cancelled 1\n` })
  t.strictSame(JSON.parse((await run('jobs', 'cancel', id, '--json')).stdout), { id, cancelled: 0 })
  vicidial.makes()
  await ended(gateway, id)
  t.match(await run('jobs', 'cancel', id), {
    exitCode: 1,
    stderr: /^conflict: This job has ended: it is partial/
  })
})

test('dead-letters list prints each with its reason, and --job or --code only some; so does replay', async (t) => {
  const { gateway, job, vicidial } = await withDeadLetters(t, [1, 2])
  const other = await store(gateway, { updates: [{ lead_id: 3, fields: { rank: 1 } }] })
  await ended(gateway, other)
  const { exitCode, stdout, stderr } = await run('dead-letters', 'list')
  t.strictSame({ exitCode, stderr }, { exitCode: 0, stderr: '' })
  t.match(rows(stdout), [
    { JOB: other, CALLER: 'api_key', LEAD: '3', FIELDS: 'rank', ERROR: /^upstream_permission_denied: / },
    { JOB: job, LEAD: '2', FIELDS: 'status,owner' },
    { JOB: job, LEAD: '1', TRIES: /^[1-9]\d*$/ }
  ])
  const one = JSON.parse((await run('dead-letters', 'list', '--job', job, '--limit', '1', '--json')).stdout)
  t.match(one, { dead_letters: [{ job_id: job, result: { lead_id: 2 } }], more: true })

  const code = ['--code', 'upstream_permission_denied']
  const denied = JSON.parse((await run('dead-letters', 'list', ...code, '--job', job, '--json')).stdout)
  t.equal(denied.dead_letters.length, 2)
  const none = ['--code', 'upstream_error']
  t.same(JSON.parse((await run('dead-letters', 'list', ...none, '--json')).stdout).dead_letters, [])

  vicidial.makes()
  t.match(await run('dead-letters', 'replay', ...none), {
    exitCode: 1,
    stderr: /^conflict: There are no such/
  })
  const [{ id }] = one.dead_letters
  const replayed = await run('dead-letters', 'replay', id)
  t.match(replayed, { exitCode: 0, stdout: /^job_\w+: replayed 1\nremaining 0, refused 0\n$/ })
  const rest = JSON.parse((await run('dead-letters', 'replay', ...code, '--json')).stdout)
  t.match(rest, { jobs: [{ updates: 2 }], remaining: 0 })
  await ended(gateway, rest.jobs[0].id)
  t.match(await run('dead-letters', 'replay', '--all'), {
    exitCode: 1,
    stderr: /^conflict: There are no such/
  })
})

test('replay --all repeats the request while dead letters remain', async (t) => {
  const rounds = [
    { jobs: [{ id: 'job_a', status: 'queued', updates: 2 }], remaining: 3 },
    { jobs: [{ id: 'job_b', status: 'queued', updates: 2 }], remaining: 1, refused: 1 },
    { jobs: [{ id: 'job_c', status: 'queued', updates: 2 }], remaining: 1 }
  ]
  const bodies: string[] = []
  const url = await startStandIn(t, (params, response) => {
    bodies.push(...Object.keys(params))
    response.writeHead(202, { 'content-type': 'application/json' })
    response.end(JSON.stringify(rounds[bodies.length - 1]))
  })
  setEnv(t, 'GATEWAY_KEY', API_KEY)
  const args = ['dead-letters', 'replay', '--all', '--force', '--url', new URL(url).origin]
  t.strictSame(await run(...args), {
    exitCode: 0,
    stdout:
      'job_a: replayed 2\nremaining 3, refused 0\njob_b: replayed 2\nremaining 1, refused 1\n' +
      'job_c: replayed 2\nremaining 1, refused 0\n',
    stderr: ''
  })
  t.strictSame(bodies, ['{"force":true}', '{"force":true}', '{"force":true}'])
})

test('replay takes ids, --code or --all, and one of them', async (t) => {
  setEnv(t, 'GATEWAY_KEY', API_KEY)
  for (const args of [[], ['dl_000000000001', '--all'], ['--all', '--code', 'upstream_error']])
    t.match(await run('dead-letters', 'replay', ...args), {
      exitCode: 2,
      stderr: /^error: give ids of dead letters, or/
    })
})
