import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { pino } from 'pino'
import { loadConfig } from '../../config/config.ts'
import { errorCode } from '../../error-code.ts'
import { createGateway } from '../../gateway.ts'
import { startSandbox } from '../sandbox/sandbox.ts'

export interface DemoOptions {
  /** Exit after the examples. */
  readonly once: boolean
  /** Default: 3000, or any free port if it is in use. */
  readonly port: number | undefined
}

const DEFAULT_PORT = 3000
const LEADS = 1_000
const KEY = 'demo-key'
const BATCH = {
  updates: [
    { lead_id: 1, fields: { status: 'SALE', email: 'ann@example.com' } },
    { lead_id: 2, fields: { status: 'SALE', email: 'ann@example.com' } },
    { lead_id: 3, fields: { first_name: 'José', address1: '12 Elm St, Apt #4' } },
    { vendor_lead_code: 'CRM-7', fields: { comments: null, rank: 5 } },
    { phone_number: '(212) 555-0009', fields: { list_id: 103 }, reset_called: true },
    { lead_id: 4, fields: { phone_number: '+1 212 555 9999' } },
    { lead_id: 5, fields: { email: 'ann+crm@example.com' } },
    { lead_id: 6, fields: { list_id: 777 } },
    { lead_id: 99_999, fields: { status: 'SALE' } }
  ]
}

function print(text = ''): void {
  process.stdout.write(`${text}\n`)
}

/** A JSON object with one line for each element of its arrays. */
function readable(value: Record<string, unknown>): string {
  const members = Object.entries(value).map(([name, member]) => {
    if (!Array.isArray(member)) return `  "${name}": ${JSON.stringify(member)}`
    return `  "${name}": [\n${member.map((element) => `    ${JSON.stringify(element)}`).join(',\n')}\n  ]`
  })
  return `{\n${members.join(',\n')}\n}`
}

const EVENT = { type: 'deal.updated', deal: { dialer_id: '11', stage: 'Closed Won', note: 'called back' } }
const JOB = { lead_ids: [12, 13, 99_999], fields: { status: 'CALLBK' } }
const VICIDIAL_PATH = '/vicidial/non_agent_api.php'
/** As tutorials say, which VICIdial itself does not understand. */
const TUTORIAL_CALL = {
  function: 'batch_update_lead',
  user: 'api_key',
  pass: KEY,
  source: 'php',
  leads_data: '[{"lead_id":14,"status":"SALE"},{"lead_id":15,"status":"DNC"}]'
}
const SECRET = 'demo-webhook-secret'
const FILE = `
compat: true
webhooks:
  - name: crm
    auth:
      header: { header: X-CRM-Secret, secrets: [${SECRET}] }
    mapping:
      when: type = 'deal.updated'
      lead: { lead_id: deal.dialer_id }
      fields: { status: deal.stage, comments: deal.note }
      values: { status: { table: { Closed Won: SALE } } }
`
/** How long VICIdial is down, in milliseconds. */
const OUTAGE_MS = 1_500
const POLL_MS = 50

/** Sends a request with the demo's key, and prints the response. */
async function ask(
  origin: string,
  method: string,
  path: string,
  body?: object,
  headers: Record<string, string> = {}
): Promise<Record<string, unknown>> {
  const type = body === undefined ? {} : { 'content-type': 'application/json' }
  const response = await fetch(origin + path, {
    method,
    headers: { authorization: `Bearer ${KEY}`, ...type, ...headers },
    ...(body === undefined ? {} : { body: JSON.stringify(body) })
  })
  const answer = (await response.json()) as Record<string, unknown>
  print(`HTTP ${response.status} ${response.statusText}`)
  print(readable(answer))
  print()
  return answer
}

/**
 * Starts a sandbox VICIdial with 1,000 leads and a gateway for it. Shows a batch, a webhook and a job while VICIdial is
 * down. Then both keep running until a signal ends them.
 * @throws if it can't listen on the port
 */
export async function runDemo(options: DemoOptions): Promise<void> {
  const sandbox = await startSandbox({ leads: LEADS })
  const data = mkdtempSync(join(tmpdir(), 'vicidial-gateway-'))
  const file = join(data, 'gateway.yaml')
  writeFileSync(file, FILE)
  const config = loadConfig({
    VICIDIAL_URL: sandbox.url,
    VICIDIAL_USER: 'api',
    VICIDIAL_PASS: 's3cret',
    API_KEY: KEY,
    PORT: String(options.port ?? DEFAULT_PORT),
    DATA_DIR: data,
    GATEWAY_CONFIG: file
  })
  const app = await createGateway(config, pino({ level: 'silent' }))
  const stop = async () => {
    await app.close()
    await sandbox.close()
    rmSync(data, { recursive: true })
  }
  const listening = { host: '127.0.0.1', port: config.port }
  const origin = await app.listen(listening).catch(async (error: unknown) => {
    if (errorCode(error) !== 'EADDRINUSE' || options.port !== undefined) {
      await stop()
      throw error
    }
    return app.listen({ ...listening, port: 0 })
  })

  print(`A sandbox VICIdial with ${LEADS} leads:  ${sandbox.url}`)
  print(`The gateway for it:                ${origin}`)
  print()
  print('POST /v1/leads/batch-update')
  print(readable(BATCH))
  print()

  await ask(origin, 'POST', '/v1/leads/batch-update', BATCH)
  print('The calls to VICIdial:')
  for (const { function: name, params } of sandbox.calls()) {
    const { function: _function, user: _user, source: _source, ...shown } = params
    const text = Object.entries(shown).map(([parameter, value]) => `${parameter}=${value}`)
    print(`  ${name}  ${text.join('  ')}`)
  }
  print()

  print('A webhook from a CRM. The file of GATEWAY_CONFIG maps it to an update:')
  print(`POST /v1/webhooks/crm  ${JSON.stringify(EVENT)}`)
  await ask(origin, 'POST', '/v1/webhooks/crm', EVENT, { 'x-crm-secret': SECRET })

  print('VICIdial goes down. The gateway still accepts a job, which waits:')
  sandbox.fail('refuse', { calls: 1_000_000 })
  print('POST /v1/leads/batch-update  Prefer: respond-async')
  const { links } = await ask(origin, 'POST', '/v1/leads/batch-update', JOB, { prefer: 'respond-async' })
  const job = links as { self: string }
  await pause(OUTAGE_MS)
  print(`GET ${job.self}`)
  await ask(origin, 'GET', job.self)

  print('VICIdial is up again:')
  sandbox.fail('refuse', { calls: 0 })
  const back = performance.now()
  for (;;) {
    const response = await fetch(origin + job.self, { headers: { authorization: `Bearer ${KEY}` } })
    const { finished_at } = (await response.json()) as { finished_at?: string }
    if (finished_at !== undefined) break
    await pause(POLL_MS)
  }
  print(`GET ${job.self}  (${Math.round((performance.now() - back) / 100) / 10} s later)`)
  await ask(origin, 'GET', job.self)

  print('A PHP program written as tutorials say works too: only its address and login change.')
  print(`echo file_get_contents('${origin}${VICIDIAL_PATH}?' . http_build_query([`)
  for (const [name, value] of Object.entries(TUTORIAL_CALL)) print(`  '${name}' => '${value}',`)
  print(']));')
  const query = new URLSearchParams(TUTORIAL_CALL).toString()
  print((await (await fetch(`${origin}${VICIDIAL_PATH}?${query}`)).text()).trimEnd())
  print()

  if (options.once) {
    await stop()
  } else {
    print('Both keep running until Ctrl+C. Try next:')
    print(`  - the Swagger page, with the key ${KEY}:  ${origin}/docs`)
    print('  - one lead:')
    print(`      curl -s -X PATCH ${origin}/v1/leads/8 -H 'Authorization: Bearer ${KEY}' \\`)
    print(`        -H 'Content-Type: application/json' -d '{"status":"CALLBK"}'`)
    print(`  - the leads in VICIdial:  curl -s ${sandbox.origin}/sandbox/leads`)
    print(
      '  - a VICIdial that drops the connection after an update (the gateway repeats it); then send a batch again:'
    )
    print(`      curl -s ${sandbox.origin}/sandbox/faults -d '{"fault":"reset_after","calls":1}'`)
    process.once('SIGINT', stop)
    process.once('SIGTERM', stop)
  }
}
