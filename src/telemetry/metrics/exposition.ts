import { Registry } from '@prometheus-io/client'

/** Metrics as text. */
export interface Exposed {
  readonly contentType: string
  readonly text: string
}

const COUNTER_SUFFIX = '_total'

/** Writes a registry's metrics as text, one scrape at a time. */
export class Exposition {
  readonly #registry: Registry
  #last: Promise<unknown> = Promise.resolve()

  constructor(registry: Registry) {
    this.#registry = registry
  }

  /** @param accept the scraper's `Accept` header */
  write(accept = ''): Promise<Exposed> {
    const isOpenMetrics = accept.includes('application/openmetrics-text')
    const written = this.#last.then(() => this.#write(isOpenMetrics))
    this.#last = written.catch(() => {})
    return written
  }

  async #write(isOpenMetrics: boolean): Promise<Exposed> {
    const contentType = isOpenMetrics ? Registry.OPENMETRICS_CONTENT_TYPE : Registry.PROMETHEUS_CONTENT_TYPE
    // For OpenMetrics the library strips `_total` from counter names, and never restores it.
    for (const metric of this.#registry.getMetricsAsArray())
      if (metric.type === 'counter' && !metric.name.endsWith(COUNTER_SUFFIX)) metric.name += COUNTER_SUFFIX
    this.#registry.setContentType(contentType)
    return { contentType, text: await this.#registry.metrics() }
  }
}
