import { Pool } from 'undici'
import { alternate, median, medianRatio } from './measure.ts'
import { GATEWAY_FILE, type Scenario, scenarios, Side } from './scenarios.ts'
import { AWAY, type Server, startBareProcess, startGatewayProcess } from './servers.ts'
import type { Target } from './target.ts'

const ROUNDS = 5
/** Seconds in which V8 optimizes the code of a request, which costs several times as much at first. */
const WARM_UP_ROUNDS = 6
const JSON_TYPE = { 'content-type': 'application/json' }

/** What a request costs the gateway's process, against a bare Fastify route with the same body and response. */
export interface Cost {
  readonly name: string
  /** CPU time of the gateway's process for each request, user and system, in microseconds. */
  readonly gatewayUs: number
  /** The same of the bare route's process. */
  readonly bareUs: number
  readonly ratio: number
}

/**
 * Measures what requests cost, all with the options of `npm start`. The sides are measured in turn; the median of the
 * rounds' ratios counts.
 * @param only part of the names of the scenarios wanted
 */
export async function costs(target: Target, only = ''): Promise<Cost[]> {
  const delivering = await startGatewayProcess(target.url, target, { file: GATEWAY_FILE })
  const storing = await startGatewayProcess(AWAY, target, { file: GATEWAY_FILE })
  const bare = await startBareProcess()
  const measured: Cost[] = []
  for (const scenario of scenarios(target)) {
    if (!scenario.name.includes(only)) continue
    measured.push(await cost(scenario, scenario.isStoredOnly ? storing : delivering, bare))
  }
  await Promise.all([delivering, storing, bare].map((server) => server.stop()))
  return measured
}

async function cost(scenario: Scenario, gateway: Server, bare: Server): Promise<Cost> {
  const toGateway = new Side(scenario, gateway, (n) => scenario.path(n))
  const answer = await toGateway.request()
  const answers = new Pool(bare.origin)
  await answers.request({ path: '/', method: 'PUT', headers: JSON_TYPE, body: JSON.stringify(answer) })
  const toBare = new Side(scenario, bare, () => '/')
  const measure = (rounds: number) =>
    alternate(
      rounds,
      () => toGateway.round(),
      () => toBare.round()
    )
  await measure(WARM_UP_ROUNDS)
  const { a, b } = await measure(ROUNDS)
  await Promise.all([toGateway.close(), toBare.close(), answers.close()])
  return { name: scenario.name, gatewayUs: median(a), bareUs: median(b), ratio: medianRatio(a, b) }
}
