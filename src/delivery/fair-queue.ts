/** Something that waits to go out, together with others of its group. */
export interface Item<Self> {
  readonly flow: Flow<Self>
  /** Whether it still wants to go out; asked when it is taken. */
  readonly live: boolean
}

/** The units of one request that are of one group: first in, first out; taking is cheap at any length. */
export class Flow<U> {
  readonly caller: string
  readonly request: object
  /** Units of one group may share a call. */
  readonly batchKey: string
  #units: U[] = []
  #head = 0

  constructor(caller: string, request: object, group: string) {
    this.caller = caller
    this.request = request
    this.batchKey = group
  }

  get isEmpty(): boolean {
    return this.#head >= this.#units.length
  }

  push(unit: U): void {
    this.#units.push(unit)
  }

  /** Takes the next unit, if there is one. */
  shift(): U | undefined {
    const unit = this.#units[this.#head++]
    if (this.isEmpty) {
      this.#units = []
      this.#head = 0
    }
    return unit
  }
}

/**
 * What waits, by group, and whose turn it is: callers take turns, and so do the requests of each, so that no
 * request waits for all of a larger one. Whoever's turn it is, units of the same group travel along.
 */
export class FairQueue<U extends Item<U>> {
  /** Caller → request → its flows. The first caller is the next, and so is the first request of each. */
  readonly #callers = new Map<string, Map<object, Set<Flow<U>>>>()
  /** Group → the flows of all requests. */
  readonly #groups = new Map<string, Set<Flow<U>>>()

  add(unit: U): void {
    const { flow } = unit
    if (flow.isEmpty) {
      const requests = getOrAdd(this.#callers, flow.caller, () => new Map<object, Set<Flow<U>>>())
      getOrAdd(requests, flow.request, () => new Set<Flow<U>>()).add(flow)
      getOrAdd(this.#groups, flow.batchKey, () => new Set<Flow<U>>()).add(flow)
    }
    flow.push(unit)
  }

  /** Takes units of the group whose turn it is, as many as `sizeOf` its first one says; none if nothing waits. */
  take(sizeOf: (first: U) => number): U[] {
    for (;;) {
      const flow = this.#nextLot()
      if (flow === undefined) return []
      const units = this.#takeGroup(flow, sizeOf)
      if (units.length > 0) return units
    }
  }

  #nextLot(): Flow<U> | undefined {
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

  /** Takes from the flow of the request whose turn it is, and then from the others of the group as they came. */
  #takeGroup(first: Flow<U>, sizeOf: (first: U) => number): U[] {
    const units: U[] = []
    let size = 1
    const takeFrom = (flow: Flow<U>) => {
      while (units.length < size && !flow.isEmpty) {
        const unit = flow.shift()
        if (unit?.live !== true) continue
        if (units.length === 0) size = sizeOf(unit)
        units.push(unit)
      }
      if (flow.isEmpty) this.#drop(flow)
    }
    takeFrom(first)
    for (const flow of this.#groups.get(first.batchKey) ?? []) {
      if (units.length >= size) break
      takeFrom(flow)
    }
    return units
  }

  #drop(flow: Flow<U>): void {
    removeFrom(this.#groups, flow.batchKey, flow)
    const requests = this.#callers.get(flow.caller)
    if (requests === undefined) return
    removeFrom(requests, flow.request, flow)
    if (requests.size === 0) this.#callers.delete(flow.caller)
  }
}

/** Takes a member out of a set, and a set without members out of the map: memory would grow with all that ever came. */
function removeFrom<Key, Member>(sets: Map<Key, Set<Member>>, key: Key, member: Member): void {
  const set = sets.get(key)
  set?.delete(member)
  if (set?.size === 0) sets.delete(key)
}

function getOrAdd<Key, Value>(map: Map<Key, Value>, key: Key, make: () => Value): Value {
  const known = map.get(key)
  if (known !== undefined) return known
  const made = make()
  map.set(key, made)
  return made
}
