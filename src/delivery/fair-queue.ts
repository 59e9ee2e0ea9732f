import { Turns } from './turns.ts'

/** Something that waits for a call, which it may share with others of its batch key. */
export interface Item<Self> {
  readonly flow: Flow<Self>
  /** Whether it still has to be sent; asked when it would be taken. */
  readonly isWanted: boolean
}

/** One request's waiting items of one batch key, first in, first out. Taking one is cheap at any length. */
export class Flow<T> {
  readonly caller: string
  readonly request: object
  /** Items with the same batch key may share a call. */
  readonly batchKey: string
  #items: T[] = []
  #head = 0

  constructor(caller: string, request: object, batchKey: string) {
    this.caller = caller
    this.request = request
    this.batchKey = batchKey
  }

  get isEmpty(): boolean {
    return this.#head >= this.#items.length
  }

  push(item: T): void {
    this.#items.push(item)
  }

  shift(): T | undefined {
    const item = this.#items[this.#head++]
    if (this.isEmpty) {
      this.#items = []
      this.#head = 0
    }
    return item
  }
}

/**
 * Waiting items, taken a batch at a time. Callers take turns, and so do each caller's requests, so no request waits for
 * all of a larger one. A batch starts with the request whose turn it is; items of others with its batch key fill it up.
 */
export class FairQueue<T extends Item<T>> {
  readonly #callers = new Turns<string>()
  /** By caller. */
  readonly #requests = new Map<string, Turns<object>>()
  /** By request. */
  readonly #flows = new Map<object, Turns<Flow<T>>>()
  /** The flows of all requests, by batch key. */
  readonly #byBatchKey = new Map<string, Turns<Flow<T>>>()

  add(item: T): void {
    const { flow } = item
    if (flow.isEmpty) {
      this.#callers.add(flow.caller)
      addTo(this.#requests, flow.caller, flow.request)
      addTo(this.#flows, flow.request, flow)
      addTo(this.#byBatchKey, flow.batchKey, flow)
    }
    flow.push(item)
  }

  /** Takes the next batch, of as many items as `sizeOf` gives for its first; an empty list if nothing waits. */
  take(sizeOf: (first: T) => number): T[] {
    for (;;) {
      const flow = this.#nextFlow()
      if (flow === undefined) return []
      const items = this.#takeBatch(flow, sizeOf)
      if (items.length > 0) return items
    }
  }

  /** The flow whose turn it is; its caller and request become the last. */
  #nextFlow(): Flow<T> | undefined {
    const caller = this.#callers.rotate()
    const request = caller === undefined ? undefined : this.#requests.get(caller)?.rotate()
    return request && this.#flows.get(request)?.first
  }

  /** Takes from `first`, then from the other flows with its batch key, the oldest first. */
  #takeBatch(first: Flow<T>, sizeOf: (first: T) => number): T[] {
    const items: T[] = []
    let size = 1
    let flow: Flow<T> | undefined = first
    while (flow !== undefined && items.length < size) {
      const item = flow.shift()
      if (item?.isWanted) {
        if (items.length === 0) size = sizeOf(item)
        items.push(item)
      }
      if (flow.isEmpty) {
        this.#drop(flow)
        flow = this.#byBatchKey.get(first.batchKey)?.first
      }
    }
    return items
  }

  #drop(flow: Flow<T>): void {
    const { caller, request, batchKey } = flow
    removeFrom(this.#byBatchKey, batchKey, flow)
    if (removeFrom(this.#flows, request, flow) && removeFrom(this.#requests, caller, request))
      this.#callers.delete(caller)
  }
}

function addTo<Key, Member extends object>(turns: Map<Key, Turns<Member>>, key: Key, member: Member): void {
  const ofKey = turns.get(key) ?? new Turns<Member>()
  ofKey.add(member)
  turns.set(key, ofKey)
}

/** Removes a member, and its turns once they are empty, or the map would grow for ever. Returns whether they are. */
function removeFrom<Key, Member extends object>(
  turns: Map<Key, Turns<Member>>,
  key: Key,
  member: Member
): boolean {
  const ofKey = turns.get(key)
  ofKey?.delete(member)
  return ofKey?.isEmpty === true && turns.delete(key)
}
