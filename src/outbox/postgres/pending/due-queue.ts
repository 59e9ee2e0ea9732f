/** What is due at a time. Among those due at the same time, the lower id is first. */
export interface Due {
  readonly id: number
  /** Milliseconds since the epoch. Must not change while it is in a queue. */
  readonly dueAt: number
  /** Its place in the queue that it is in; only the queue changes it. */
  place: number
}

/** A priority queue: the entry that has been due longest is first. */
export class DueQueue<T extends Due> {
  /** A binary heap: no entry is before its parent, which is at half its index. */
  readonly #heap: T[] = []

  get first(): T | undefined {
    return this.#heap[0]
  }

  add(entry: T): void {
    this.#rise(this.#heap.length, entry)
  }

  /** Removes an entry; it must be in the queue. */
  remove({ place }: T): void {
    const heap = this.#heap
    const last = heap.pop()
    if (last === undefined || place === heap.length) return
    const parent = heap[(place - 1) >> 1]
    if (place > 0 && parent !== undefined && isBefore(last, parent)) this.#rise(place, last)
    else this.#sink(place, last)
  }

  #rise(from: number, entry: T): void {
    const heap = this.#heap
    let index = from
    while (index > 0) {
      const above = (index - 1) >> 1
      const parent = heap[above]
      if (parent === undefined || !isBefore(entry, parent)) break
      this.#put(index, parent)
      index = above
    }
    this.#put(index, entry)
  }

  #sink(from: number, entry: T): void {
    const heap = this.#heap
    let index = from
    for (;;) {
      const left = 2 * index + 1
      const a = heap[left]
      const b = heap[left + 1]
      const child = a !== undefined && b !== undefined && isBefore(b, a) ? b : a
      if (child === undefined || !isBefore(child, entry)) break
      this.#put(index, child)
      index = child === a ? left : left + 1
    }
    this.#put(index, entry)
  }

  #put(index: number, entry: T): void {
    this.#heap[index] = entry
    entry.place = index
  }
}

function isBefore(a: Due, b: Due): boolean {
  return a.dueAt < b.dueAt || (a.dueAt === b.dueAt && a.id < b.id)
}
