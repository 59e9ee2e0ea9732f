/** The first element, and all of them again. */
export async function peek<T>(all: AsyncIterable<T>): Promise<[first: T | undefined, all: AsyncIterable<T>]> {
  const iterator = all[Symbol.asyncIterator]()
  const first = await iterator.next()
  if (first.done === true) return [undefined, all]
  const again = async function* () {
    yield first.value
    yield* { [Symbol.asyncIterator]: () => iterator }
  }
  return [first.value, again()]
}
