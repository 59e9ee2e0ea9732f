/** Something that waits to go out, together with others of its group. */
export interface Unit<Self> {
  readonly lot: Lot<Self>
  /** Whether it still wants to go out; asked when it is taken. */
  readonly live: boolean
}

/** The units of one request that are of one group: first in, first out; taking is cheap at any length. */
export class Lot<U> {
  readonly caller: string
  readonly request: object
  /** Units of one group may share a call. */
  readonly group: string
  #units: U[] = []
  #head = 0

  constructor(caller: string, request: object, group: string) {
    this.caller = caller
    this.request = request
    this.group = group
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
export class FairQueue<U extends Unit<U>> {
  /** Caller → request → its lots. The first caller is the next, and so is the first request of each. */
  readonly #callers = new Map<string, Map<object, Set<Lot<U>>>>()
  /** Group → the lots of all requests. */
  readonly #groups = new Map<string, Set<Lot<U>>>()

  add(unit: U): void {
    const { lot } = unit
    if (lot.isEmpty) {
      const requests = getOrAdd(this.#callers, lot.caller, () => new Map<object, Set<Lot<U>>>())
      getOrAdd(requests, lot.request, () => new Set<Lot<U>>()).add(lot)
      getOrAdd(this.#groups, lot.group, () => new Set<Lot<U>>()).add(lot)
    }
    lot.push(unit)
  }

  /** Takes units of the group whose turn it is, as many as `sizeOf` its first one says; none if nothing waits. */
  take(sizeOf: (first: U) => number): U[] {
    for (;;) {
      const lot = this.#nextLot()
      if (lot === undefined) return []
      const units = this.#takeGroup(lot, sizeOf)
      if (units.length > 0) return units
    }
  }

  #nextLot(): Lot<U> | undefined {
    for (const [caller, requests] of this.#callers) {
      this.#callers.delete(caller)
      this.#callers.set(caller, requests)
      for (const [request, lots] of requests) {
        requests.delete(request)
        requests.set(request, lots)
        for (const lot of lots) return lot
      }
    }
    return undefined
  }

  /** Takes from the lot of the request whose turn it is, and then from the others of the group as they came. */
  #takeGroup(first: Lot<U>, sizeOf: (first: U) => number): U[] {
    const units: U[] = []
    let size = 1
    const takeFrom = (lot: Lot<U>) => {
      while (units.length < size && !lot.isEmpty) {
        const unit = lot.shift()
        if (unit?.live !== true) continue
        if (units.length === 0) size = sizeOf(unit)
        units.push(unit)
      }
      if (lot.isEmpty) this.#drop(lot)
    }
    takeFrom(first)
    for (const lot of this.#groups.get(first.group) ?? []) {
      if (units.length >= size) break
      takeFrom(lot)
    }
    return units
  }

  #drop(lot: Lot<U>): void {
    removeFrom(this.#groups, lot.group, lot)
    const requests = this.#callers.get(lot.caller)
    if (requests === undefined) return
    removeFrom(requests, lot.request, lot)
    if (requests.size === 0) this.#callers.delete(lot.caller)
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
