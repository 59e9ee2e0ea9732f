import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { cpus, totalmem } from 'node:os'
import { parseArgs } from 'node:util'
import { largeBatch, loneRequest, singleLeads } from './against-vicidial.ts'
import { costs } from './cost.ts'
import { dryRuns } from './dry-runs.ts'
import { outboxFigures } from './outbox.ts'
import { ownTime } from './own-time.ts'
import { draw } from './picture.ts'
import { relayFigures } from './relay.ts'
import { COST, startGatewayProcess, startSandboxProcess } from './servers.ts'
import { printCosts, printOutbox, printRelay, printTable, printUpserts, type Results } from './table.ts'
import { upserts } from './upserts.ts'
import { webhooks } from './webhooks.ts'
import type { Target } from './target.ts'

/**
 * `npm run bench` measures the gateway on a sandbox that costs what a real VICIdial was measured to cost, prints the
 * ratios, and writes results.json and results.svg into bench/latest/, which Git ignores; with `--keep` into bench/, to
 * be committed. With `--url` it measures against a server of yours, changes the leads from `--first-lead` on there, and
 * writes nothing. With `--costs NAME` it measures only what the requests cost whose name contains NAME, with `--outbox`
 * only what PostgreSQL and several gateways cost, with `--upserts` only upserts; these write nothing, too, except
 * `--upserts --keep`.
 */
const { values: options } = parseArgs({
  options: {
    url: { type: 'string' },
    user: { type: 'string' },
    pass: { type: 'string' },
    'first-lead': { type: 'string', default: '1' },
    leads: { type: 'string', default: '10000' },
    keep: { type: 'boolean', default: false },
    costs: { type: 'string' },
    outbox: { type: 'boolean', default: false },
    waiting: { type: 'string', default: '1000000' },
    upserts: { type: 'boolean', default: false }
  }
})
const CALLERS = [64, 256]
const CONCURRENCY = 2

const waiting = Number(options.waiting)
if (options.outbox) {
  printRelay(await relayFigures())
  printOutbox(await outboxFigures(waiting))
  process.exit()
}
const leads = Number(options.leads)
const sandbox = options.url === undefined ? await startSandboxProcess(leads) : undefined
const target: Target = {
  url: options.url ?? `${sandbox?.origin}/vicidial/non_agent_api.php`,
  user: options.user ?? 'api',
  pass: options.pass ?? 's3cret',
  firstLead: Number(options['first-lead']),
  leads
}
if (options.costs !== undefined) {
  printCosts(await costs(target, options.costs))
  await sandbox?.stop()
  process.exit()
}
if (options.upserts) {
  const through = await startGatewayProcess(target.url, target)
  const measured = await upserts(target, through.origin)
  printUpserts(measured)
  const kept = new URL('./results.json', import.meta.url)
  if (options.keep)
    writeFileSync(
      kept,
      `${JSON.stringify({ ...JSON.parse(readFileSync(kept, 'utf8')), upserts: measured }, null, 2)}\n`
    )
  await through.stop()
  await sandbox?.stop()
  process.exit()
}
const measuredCosts = await costs(target)
const gateway = await startGatewayProcess(target.url, target)
const atRest = gateway.memory().now

const lone = await loneRequest(target, gateway.origin)
const single = []
for (const callers of CALLERS) single.push(await singleLeads(target, gateway.origin, callers))
const batch = await largeBatch(target, gateway.origin, CONCURRENCY)
const measuredUpserts = await upserts(target, gateway.origin)
const peak = gateway.memory().peak
await gateway.stop()
await sandbox?.stop()

const results: Results = {
  machine: {
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 1024 ** 3),
    node: process.version
  },
  vicidial: sandbox ? { sandbox: COST } : { server: 'real' },
  costs: measuredCosts,
  singleLeads: single,
  loneRequest: lone,
  largeBatch: batch,
  upserts: measuredUpserts,
  ownTime: await ownTime(),
  dryRuns: await dryRuns(),
  webhooks: await webhooks(),
  outbox: await outboxFigures(waiting),
  relay: await relayFigures(),
  memoryMiB: { atRest, peak },
  startMs: gateway.startMs
}
printTable(results)
if (sandbox) {
  const folder = new URL(options.keep ? './' : 'latest/', import.meta.url)
  mkdirSync(folder, { recursive: true })
  writeFileSync(new URL('results.json', folder), `${JSON.stringify(results, null, 2)}\n`)
  writeFileSync(new URL('results.svg', folder), draw(results))
}
