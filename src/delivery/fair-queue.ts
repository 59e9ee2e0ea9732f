/** Something that waits to go out, together with others of its group. */
export interface Unit {
  /** Units of one group may share a call. */
  readonly group: string
  /** The request that it came with, and the caller of that. */
  readonly request: object
  readonly caller: string
  /** Whether it still wants to go out; asked when it is taken. */
  readonly live: boolean
}

/** Units of one group and request: first in, first out; taking is cheap at any length. */
class Bucket<Item> {
  readonly caller: string
  readonly #items: Item[] = []
  #head = 0

  constructor(caller: string) {
    this.caller = caller
  }

  push(item: Item): void {
    this.#items.push(item)
  }

  /** Takes the next item for which `wanted` holds, dropping those before it for which it does not. */
  next(wanted: (item: Item) => boolean): Item | undefined {
    while (this.#head < this.#items.length) {
      const item = this.#items[this.#head++]
      if (item !== undefined && wanted(item)) return item
    }
    return undefined
  }

  get empty(): boolean {
    return this.#head >= this.#items.length
  }
}

type Buckets<U> = Map<string, Bucket<U>>

/**
 * What waits, by group, and whose turn it is: callers take turns, and so do the requests of each, so that no
 * request waits for all of a larger one. Whoever's turn it is, units of the same group travel along.
 */
export class FairQueue<U extends Unit> {
  /** Caller → request → group → units. The first caller is the next, and so is the first request of each. */
  readonly #callers = new Map<string, Map<object, Buckets<U>>>()
  /** Group → request → the same bucket. */
  readonly #groups = new Map<string, Map<object, Bucket<U>>>()

  add(unit: U): void {
    const requests = getOrAdd(this.#callers, unit.caller, () => new Map<object, Buckets<U>>())
    const buckets = getOrAdd(requests, unit.request, (): Buckets<U> => new Map())
    const bucket = getOrAdd(buckets, unit.group, () => {
      const made = new Bucket<U>(unit.caller)
      getOrAdd(this.#groups, unit.group, () => new Map<object, Bucket<U>>()).set(unit.request, made)
      return made
    })
    bucket.push(unit)
  }

  /** Takes units of the group whose turn it is, as many as `sizeOf` its first one says; none if nothing waits. */
  take(sizeOf: (first: U) => number): U[] {
    for (;;) {
      const group = this.#nextGroup()
      if (group === undefined) return []
      const units = this.#takeGroup(group.name, group.request, sizeOf)
      if (units.length > 0) return units
    }
  }

  #nextGroup(): { name: string; request: object } | undefined {
    for (const [caller, requests] of this.#callers) {
      this.#callers.delete(caller)
      this.#callers.set(caller, requests)
      for (const [request, buckets] of requests) {
        requests.delete(request)
        requests.set(request, buckets)
        for (const name of buckets.keys()) return { name, request }
      }
    }
    return undefined
  }

  /** Takes from the bucket of the request whose turn it is, and then from the others of the group as they came. */
  #takeGroup(name: string, first: object, sizeOf: (first: U) => number): U[] {
    const byRequest = this.#groups.get(name)
    const own = byRequest?.get(first)
    if (byRequest === undefined || own === undefined) return []
    const units: U[] = []
    let size = 1
    const fill = (bucket: Bucket<U>, request: object) => {
      while (units.length < size) {
        const unit = bucket.next(({ live }) => live)
        if (unit === undefined) break
        if (units.length === 0) size = sizeOf(unit)
        units.push(unit)
      }
      if (bucket.empty) this.#drop(name, request, bucket.caller)
    }
    fill(own, first)
    for (const [request, bucket] of byRequest) {
      if (units.length >= size) break
      fill(bucket, request)
    }
    return units
  }

  #drop(name: string, request: object, caller: string): void {
    deleteIn(this.#groups, name, request)
    const requests = this.#callers.get(caller)
    if (requests === undefined) return
    deleteIn(requests, request, name)
    if (requests.size === 0) this.#callers.delete(caller)
  }
}

/** Deletes a key of an inner map, and the inner map with its last one. */
function deleteIn<Outer, Inner>(map: Map<Outer, Map<Inner, unknown>>, outer: Outer, inner: Inner): void {
  const inside = map.get(outer)
  inside?.delete(inner)
  if (inside?.size === 0) map.delete(outer)
}

function getOrAdd<Key, Value>(map: Map<Key, Value>, key: Key, make: () => Value): Value {
  const known = map.get(key)
  if (known !== undefined) return known
  const made = make()
  map.set(key, made)
  return made
}
