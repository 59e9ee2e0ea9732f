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
  /** Caller → request → its flows. The first caller is the next, and so is the first request of each. */
  readonly #callers = new Map<string, Map<object, Set<Flow<T>>>>()
  /** Batch key → the flows of all requests. */
  readonly #byBatchKey = new Map<string, Set<Flow<T>>>()

  add(item: T): void {
    const { flow } = item
    if (flow.isEmpty) {
      const requests = this.#callers.get(flow.caller) ?? new Map<object, Set<Flow<T>>>()
      this.#callers.set(flow.caller, requests)
      addTo(requests, flow.request, flow)
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
    for (const [caller, requests] of this.#callers) {
      this.#callers.delete(caller)
      this.#callers.set(caller, requests)
      for (const [request, flows] of requests) {
        requests.delete(request)
        requests.set(request, flows)
        for (const flow of flows) return flow
      }
    }
    return undefined
  }

  /** Takes from `first`, then from the other flows with its batch key, the oldest first. */
  #takeBatch(first: Flow<T>, sizeOf: (first: T) => number): T[] {
    const items: T[] = []
    let size = 1
    const takeFrom = (flow: Flow<T>) => {
      while (items.length < size) {
        const item = flow.shift()
        if (item === undefined) break
        if (!item.isWanted) continue
        if (items.length === 0) size = sizeOf(item)
        items.push(item)
      }
      if (flow.isEmpty) this.#drop(flow)
    }
    takeFrom(first)
    for (const flow of this.#byBatchKey.get(first.batchKey) ?? []) {
      if (items.length >= size) break
      takeFrom(flow)
    }
    return items
  }

  #drop(flow: Flow<T>): void {
    removeFrom(this.#byBatchKey, flow.batchKey, flow)
    const requests = this.#callers.get(flow.caller)
    if (requests === undefined) return
    removeFrom(requests, flow.request, flow)
    if (requests.size === 0) this.#callers.delete(flow.caller)
  }
}

function addTo<Key, Member>(sets: Map<Key, Set<Member>>, key: Key, member: Member): void {
  const set = sets.get(key)
  if (set === undefined) sets.set(key, new Set([member]))
  else set.add(member)
}

/** Removes a member, and its set once that is empty; otherwise the map would grow for ever. */
function removeFrom<Key, Member>(sets: Map<Key, Set<Member>>, key: Key, member: Member): void {
  const set = sets.get(key)
  set?.delete(member)
  if (set?.size === 0) sets.delete(key)
}
