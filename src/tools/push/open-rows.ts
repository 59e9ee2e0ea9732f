import type { KnownFields } from './columns/column-target.ts'
import type { Mapping } from './columns/mapping.ts'
import { RowReader, type Rows } from './columns/row-reader.ts'
import { PushFailure } from './errors.ts'
import { checkFirstRows, refuseOneObject, refuseUnnamed } from './first-rows.ts'
import type { Row, RowSource } from './input/row.ts'

/** How rows become updates: by options for columns, or by a file with expressions. */
export type RowMapping = Mapping | { readonly file: string }

/** What turns rows into updates. */
export interface OpenedRows {
  readonly reader: Rows
  /** Options by which a push is another one, by name. */
  readonly identity: Readonly<Record<string, unknown>>
  readonly close: () => Promise<void>
}

/**
 * Opens what turns the rows of a source into updates.
 * @param peeked the first rows
 * @throws PushFailure with every fault of the options or the file
 */
export async function openRows(
  mapping: RowMapping,
  { header, listName }: RowSource,
  peeked: readonly Row[],
  known: KnownFields,
  signal: AbortSignal
): Promise<OpenedRows> {
  if ('file' in mapping) {
    const { MappedRows, readFileMapping } = await import('./columns/mapped-rows.ts')
    const { definition, hash } = readFileMapping(mapping.file, known)
    refuseOneObject(peeked, listName)
    const reader = new MappedRows(header, definition, signal)
    return { reader, identity: { mapping: hash }, close: () => reader.close() }
  }
  const reader = new RowReader(header, mapping, known)
  const { faults, remedy } = reader
  if (faults.length > 0) throw new PushFailure(faults.join('\n'), 2, { remedy })
  if (header === undefined) checkFirstRows(peeked, reader, listName)
  else refuseUnnamed(peeked, reader)
  return { reader, identity: identityOf(mapping), close: async () => undefined }
}

function identityOf(mapping: Mapping): OpenedRows['identity'] {
  const { map, ignore, key, set, customPrefix, emptyClears } = mapping
  const { nullWords, wholeNumbers, dateFormat, stripPrefix } = mapping
  return {
    map,
    ignore,
    key,
    set,
    custom_prefix: customPrefix,
    empty_clears: emptyClears,
    null_words: nullWords,
    whole_numbers: wholeNumbers,
    date_format: dateFormat,
    strip_prefix: stripPrefix
  }
}
