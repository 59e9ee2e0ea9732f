import type { FailedExchange } from '../outcome.ts'

/** How a part ended: settled; `too_large` for VICIdial's limit; or failed. */
export type PartEnd = 'settled' | 'too_large' | FailedExchange

export interface Parts<Item> {
  /**
   * Sends items in one call, and settles them if it succeeds.
   *
   * @param isPart whether it is part of a call that failed or was too large
   * @param isBlamed whether a failure is rather the items' than VICIdial's: others of the same call were found
   */
  readonly send: (items: readonly Item[], isPart: boolean, isBlamed: boolean) => Promise<PartEnd>
  /** Whether an item of the call can be why it failed. */
  readonly mayBeAtFault: (exchanged: FailedExchange) => boolean
  /** Settles items that cannot be sent. */
  readonly fail: (items: readonly Item[], exchanged: FailedExchange) => void
  /** Waits after a round in which every part failed. Resolves with whether there is time for another. */
  readonly pause: (round: number) => Promise<boolean>
}

/** Items for a call. */
interface Waiting<Item> {
  readonly part: readonly Item[]
  /** How the call that they were in before has failed. */
  readonly failure?: FailedExchange
}

/** Rounds in which every part fails: then it is VICIdial that fails, as it would a call that is repeated as often. */
const MAX_FAILING_ROUNDS = 4

/**
 * Sends items in one call. If it fails and one of them can be why, sends them again in halves, and those that fail in
 * halves again, until each of those at fault is alone in a call: less than two calls for each item. While nothing succeeds
 * there are at most four rounds, of 15 calls together.
 *
 * @param items in the order in which they are halved: those that may share a fault beside each other
 */
export async function sendInParts<Item>(items: readonly Item[], parts: Parts<Item>): Promise<void> {
  let waiting: Waiting<Item>[] = [{ part: items }]
  let isWorking: boolean = false
  for (let round = 1; waiting.length > 0; round++) {
    const wasWorking: boolean = isWorking
    const ended: (Waiting<Item> & { readonly end: PartEnd })[] = await Promise.all(
      waiting.map(async (one) => ({ ...one, end: await parts.send(one.part, round > 1, wasWorking) }))
    )
    isWorking ||= ended.some(({ end }) => end === 'settled' || end === 'too_large')
    const isDoubtful = ended.some(({ end }) => typeof end === 'object' && parts.mayBeAtFault(end))
    const isAgain =
      isDoubtful &&
      items.length > 1 &&
      (isWorking || (round < MAX_FAILING_ROUNDS && (await parts.pause(round))))
    waiting = ended.flatMap(({ part, end, failure }) => {
      if (end === 'settled') return []
      if (end === 'too_large')
        return halves(part).map((half) => ({ part: half, ...(failure && { failure }) }))
      // A single item that failed beside others that did not is at fault.
      if (isAgain && parts.mayBeAtFault(end) && (part.length > 1 || !isWorking))
        return halves(part).map((half) => ({ part: half, failure: end }))
      parts.fail(part, end.isUnsent ? (failure ?? end) : end)
      return []
    })
  }
}

function halves<Item>(items: readonly Item[]): (readonly Item[])[] {
  const middle = Math.ceil(items.length / 2)
  return [items.slice(0, middle), items.slice(middle)].filter((half) => half.length > 0)
}
