/** What is due at a time. Among those due at the same time, the lower id is first. */
export interface Due {
  readonly id: number
  /** Milliseconds since the epoch. Must not change while it is in a queue. */
  readonly dueAt: number
}

/** A priority queue: the entry that has been due longest is first. */
export class DueQueue<T extends Due> {
  /** A binary heap: no entry is before its parent, which is at half its index. */
  readonly #heap: T[] = []

  get first(): T | undefined {
    return this.#heap[0]
  }

  add(entry: T): void {
    this.#heap.push(entry)
    this.#rise(this.#heap.length - 1, entry)
  }

  /** Removes an entry; it must be in the queue. Fast for the first one. */
  remove(entry: T): void {
    const heap = this.#heap
    const index = heap[0] === entry ? 0 : heap.indexOf(entry)
    const last = heap.pop()
    if (last === undefined || last === entry) return
    const parent = heap[(index - 1) >> 1]
    if (index > 0 && parent !== undefined && isBefore(last, parent)) this.#rise(index, last)
    else this.#sink(index, last)
  }

  #rise(from: number, entry: T): void {
    const heap = this.#heap
    let index = from
    while (index > 0) {
      const above = (index - 1) >> 1
      const parent = heap[above]
      if (parent === undefined || !isBefore(entry, parent)) break
      heap[index] = parent
      index = above
    }
    heap[index] = entry
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
      heap[index] = child
      index = child === a ? left : left + 1
    }
    heap[index] = entry
  }
}

function isBefore(a: Due, b: Due): boolean {
  return a.dueAt < b.dueAt || (a.dueAt === b.dueAt && a.id < b.id)
}
