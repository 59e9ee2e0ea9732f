import { Exposition } from './exposition.ts'
import { addGauges, type Gauged } from './gauges.ts'
import { type KnownNames, Metrics } from './metrics.ts'
import { addProcessGauges } from './process-gauges.ts'

/** The metrics of a gateway, and what writes them. */
export interface Collection {
  readonly metrics: Metrics
  readonly exposition: Exposition
  readonly close: () => void
}

/** Makes the metrics of a gateway: what is counted, how things stand, and what the process uses. */
export function collect(names: KnownNames, gauged: Gauged): Collection {
  const metrics = new Metrics(names)
  addGauges(metrics, gauged)
  const close = addProcessGauges(metrics.registry)
  return { metrics, exposition: new Exposition(metrics.registry), close }
}
