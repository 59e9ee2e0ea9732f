import type { RowReader } from './columns/row-reader.ts'
import { PushFailure } from './errors.ts'
import type { Row } from './input/row.ts'

/** How many rows at the start may be faulty, if those after them are not. */
const MAX_PEEKED = 10

/** Reads up to the first row without a fault. Returns what it read, and an iterable of all rows. */
export async function peek(
  all: AsyncIterable<Row>
): Promise<[peeked: readonly Row[], all: AsyncIterable<Row>]> {
  const iterator = all[Symbol.asyncIterator]()
  const peeked: Row[] = []
  while (peeked.length < MAX_PEEKED && (peeked.length === 0 || peeked.at(-1)?.fault !== undefined)) {
    const next = await iterator.next()
    if (next.done === true) break
    peeked.push(next.value)
  }
  const again = async function* () {
    yield* peeked
    yield* { [Symbol.asyncIterator]: () => iterator }
  }
  return [peeked, again()]
}

const UNCLEAR: readonly string[] = ['row_malformed', 'columns_unclear']

/**
 * JSON objects have no header, so the first one without a fault is checked in its place.
 * @param peeked the rows that `peek` has read
 * @param listName the name before a list of objects, if there is one
 * @throws PushFailure
 */
export function checkFirstRows(
  peeked: readonly Row[],
  reader: RowReader,
  listName: string | undefined
): void {
  refuseOneObject(peeked, listName)
  const first = peeked.find(({ fault }) => fault === undefined) ?? peeked[0]
  if (first === undefined) return
  const read = reader.peek(first)
  if (!('reason' in read) || !UNCLEAR.includes(read.reason.code)) return
  if (listName !== undefined) throw inList(listName)
  throw new PushFailure(`Row ${first.line}: ${read.reason.detail}`, 2, { remedy: reader.remedyOf(first) })
}

/**
 * Refuses columns without a name that have a value in the first row: the index that a table program wrote, for example.
 * @throws PushFailure
 */
export function refuseUnnamed(peeked: readonly Row[], reader: RowReader): void {
  const first = peeked.find(({ fault }) => fault === undefined)
  const names = first === undefined ? [] : reader.unnamedWithValue(first)
  if (first === undefined || names.length === 0) return
  const faults = names.map(
    (name) =>
      `Column ${name} has no name, but line ${first.line} has a value there. Use --map "${name}=NAME" or --ignore "${name}".`
  )
  throw new PushFailure(faults.join('\n'), 2, { remedy: names.flatMap((name) => ['--ignore', name]) })
}

/**
 * Refuses one object over several lines, whose first line is broken, if it holds a list of objects.
 * @throws PushFailure
 */
export function refuseOneObject(peeked: readonly Row[], listName: string | undefined): void {
  if (listName !== undefined && peeked[0]?.fault !== undefined) throw inList(listName)
}

function inList(name: string): PushFailure {
  const what = JSON.stringify(name)
  const advice = `Push the list itself: jq '.[${what}]' FILE > rows.json`
  return new PushFailure(`The rows are in the list ${what} of an object. ${advice}`, 2)
}
