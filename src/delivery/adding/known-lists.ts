import { steadyNow } from '../../steady-clock.ts'
import type { Exchange } from '../../vicidial/exchange/exchange.ts'
import type { CallContext } from '../../vicidial/exchange/call-runner.ts'
import { notDone, type Outcome } from '../outcome.ts'

/** How long a list that was found counts as existing, in milliseconds. */
const KNOWN_MS = 60_000

/**
 * The lists that VICIdial has, as it does not check the list of a lead that it adds. Asks for each about once a minute.
 */
export class KnownLists {
  readonly #exchange: Pick<Exchange, 'findList'>
  /** List → until when it counts as existing, in milliseconds of `steadyNow`. */
  readonly #known = new Map<string, number>()
  readonly #asking = new Map<string, Promise<Outcome | undefined>>()

  constructor(exchange: Pick<Exchange, 'findList'>) {
    this.#exchange = exchange
  }

  /** The outcome of an update that would add a lead to a list; undefined if VICIdial has that list. */
  async missing(list: string, context: CallContext): Promise<Outcome | undefined> {
    if ((this.#known.get(list) ?? 0) > steadyNow()) return undefined
    const asking = this.#asking.get(list) ?? this.#ask(list, context)
    this.#asking.set(list, asking)
    return asking
  }

  async #ask(list: string, context: CallContext): Promise<Outcome | undefined> {
    const exchanged = await this.#exchange.findList(list, context)
    this.#asking.delete(list)
    const { reply } = exchanged
    if (reply.kind === 'list_found') {
      this.#known.set(list, steadyNow() + KNOWN_MS)
      return undefined
    }
    this.#known.delete(list)
    // Nothing was to be changed.
    return notDone({ ...exchanged, reply, maybeMade: false })
  }
}
