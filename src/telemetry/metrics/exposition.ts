import { Registry } from '@prometheus-io/client'

/** A registry's metrics as text. */
export interface Exposed {
  readonly contentType: string
  readonly text: string
}

const COUNTER_END = '_total'

/** Writes a registry's metrics, one scrape after the other. */
export class Exposition {
  readonly #registry: Registry
  #last: Promise<unknown> = Promise.resolve()

  constructor(registry: Registry) {
    this.#registry = registry
  }

  /** @param accept the scraper's `Accept` */
  write(accept = ''): Promise<Exposed> {
    const isOpenMetrics = accept.includes('application/openmetrics-text')
    const written = this.#last.then(() => this.#write(isOpenMetrics))
    this.#last = written.catch(() => {})
    return written
  }

  async #write(isOpenMetrics: boolean): Promise<Exposed> {
    const contentType = isOpenMetrics ? Registry.OPENMETRICS_CONTENT_TYPE : Registry.PROMETHEUS_CONTENT_TYPE
    // For OpenMetrics the library takes the end off the names of the counters, and never puts it back.
    for (const metric of this.#registry.getMetricsAsArray())
      if (metric.type === 'counter' && !metric.name.endsWith(COUNTER_END)) metric.name += COUNTER_END
    this.#registry.setContentType(contentType)
    return { contentType, text: await this.#registry.metrics() }
  }
}
