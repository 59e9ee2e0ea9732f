import type { EndedCall, EndedUpdates, Observer } from '../observer.ts'
import type { Collection } from './collection.ts'
import type { Exposed } from './exposition.ts'
import type { EndedRequest, Metrics } from './metrics.ts'

/** Loads the metrics when there is something to count or to show: a gateway at rest does without their memory. */
export class MetricsOnDemand implements Observer {
  readonly #load: () => Promise<Collection>
  #loading: Promise<Collection> | undefined
  #metrics: Metrics | undefined
  /** What is to be told once they are loaded, in order. */
  #untold: ((metrics: Metrics) => void)[] = []

  constructor(load: () => Promise<Collection>) {
    this.#load = load
  }

  requestEnded(request: EndedRequest): void {
    if (this.#metrics) this.#metrics.requestEnded(request)
    else
      this.#tellLater((metrics) => {
        metrics.requestEnded(request)
      })
  }

  updatesEnded(updates: EndedUpdates): void {
    if (this.#metrics) this.#metrics.updatesEnded(updates)
    else
      this.#tellLater((metrics) => {
        metrics.updatesEnded(updates)
      })
  }

  callEnded(call: EndedCall): void {
    if (this.#metrics) this.#metrics.callEnded(call)
    else
      this.#tellLater((metrics) => {
        metrics.callEnded(call)
      })
  }

  /** The metrics as text. @param accept the scraper's `Accept` */
  async write(accept: string | undefined): Promise<Exposed> {
    const { exposition } = await this.#loaded()
    return exposition.write(accept)
  }

  /** Ends what they watch. */
  async close(): Promise<void> {
    const collection = await this.#loading
    collection?.close()
  }

  #tellLater(what: (metrics: Metrics) => void): void {
    this.#untold.push(what)
    void this.#loaded()
  }

  #loaded(): Promise<Collection> {
    this.#loading ??= this.#load().then((collection) => {
      this.#metrics = collection.metrics
      for (const tell of this.#untold.splice(0)) tell(collection.metrics)
      return collection
    })
    return this.#loading
  }
}
