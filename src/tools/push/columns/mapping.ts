import { type ColumnTarget, type KnownFields, nearestName, readTarget } from './column-target.ts'
import { NOTE_COLUMNS } from './reject.ts'

/** How columns become updates, according to the options of the command. */
export interface Mapping {
  /** Column → the API's name for it, for columns with other names. */
  readonly map: Readonly<Record<string, string>>
  readonly ignore: readonly string[]
  /** The column that names the lead, if several can. */
  readonly key?: string
  /** Values to set in every row, by name. */
  readonly set: Readonly<Record<string, string>>
  /** The prefix of a custom field's label in a column name. */
  readonly customPrefix: string
  /** Whether an empty cell empties the field. Otherwise it is left out of the update. */
  readonly emptyClears: boolean
}

/** Each column's target, in the order of the columns; undefined for a column that is left out. */
export type Targets = readonly (ColumnTarget | undefined)[]

interface MappingContext {
  readonly mapping: Mapping
  readonly known: KnownFields
}

/**
 * Finds what each column means.
 * @param isHeader whether these are all columns of the input, and must include those that options name
 * @returns the targets, or all faults as sentences
 */
export function readColumns(
  columns: readonly string[],
  context: MappingContext,
  isHeader: boolean
): { readonly targets: Targets } | { readonly faults: readonly string[] } {
  const { mapping, known } = context
  const faults = isHeader ? absentColumns(columns, mapping) : []
  const named = columns.map((column) => columnTarget(column, context, faults))
  const targets = chooseKey(columns, named, mapping, faults)
  const seen = new Map<string, string>()
  for (const [index, target] of targets.entries()) {
    if (target === undefined) continue
    const name = `${target.kind} ${target.name}`
    const column = JSON.stringify(columns[index])
    const other = seen.get(name)
    if (other !== undefined) faults.push(`Columns ${other} and ${column} both mean ${target.name}.`)
    seen.set(name, column)
  }
  for (const name in mapping.set) {
    const target = readTarget(name, known, mapping.customPrefix)
    const column = target && seen.get(`${settable(target).kind} ${target.name}`)
    if (column !== undefined) faults.push(`--set and column ${column} both set ${name}: remove one.`)
  }
  return faults.length > 0 ? { faults } : { targets }
}

/** Reads the values of `--set`, by target. Adds faults to `faults`. */
export function readSet(
  { mapping, known }: MappingContext,
  faults: string[]
): [target: ColumnTarget, value: string][] {
  const { set, customPrefix } = mapping
  return Object.entries(set).flatMap(([name, value]): [ColumnTarget, string][] => {
    const target = readTarget(name, known, customPrefix)
    if (target !== undefined && target.name !== 'lead_id') return [[settable(target), value]]
    const nearest = nearestName(name, known, customPrefix)
    faults.push(`--set ${name}: there is no such name to set. Did you mean ${nearest}?`)
    return []
  })
}

/** The target as a field to set, if it is a lead's key. */
function settable(target: ColumnTarget): ColumnTarget {
  return target.kind === 'key' ? { kind: 'field', name: target.name, type: 'text' } : target
}

function absentColumns(columns: readonly string[], { map, ignore, key }: Mapping): string[] {
  const named = [...Object.keys(map), ...ignore, ...(key === undefined ? [] : [key])]
  return named
    .filter((column) => !columns.includes(column))
    .map((column) => `There is no column ${JSON.stringify(column)}. The columns are ${columns.join(', ')}.`)
}

function columnTarget(
  column: string,
  { mapping, known }: MappingContext,
  faults: string[]
): ColumnTarget | undefined {
  const { map, ignore, customPrefix } = mapping
  if (ignore.includes(column) || NOTE_COLUMNS.includes(column)) return undefined
  const mapped = Object.hasOwn(map, column) ? map[column] : undefined
  const name = mapped ?? column
  const target = readTarget(name, known, customPrefix)
  if (target !== undefined) return target
  const nearest = nearestName(name, known, customPrefix)
  const what =
    mapped === undefined
      ? `Unknown column ${JSON.stringify(column)}.`
      : `Column ${JSON.stringify(column)} is mapped to ${name}, which is unknown.`
  const advice = `Use --map "${column}=${nearest}" or --ignore "${column}".`
  faults.push(`${what} Did you mean ${nearest}? ${advice}`)
  return undefined
}

const KEY_COLUMNS = 'lead_id, vendor_lead_code or phone_number'

/** Picks the column that names the lead. Other columns that can name it become fields to set. */
function chooseKey(
  columns: readonly string[],
  targets: Targets,
  { key }: Mapping,
  faults: string[]
): Targets {
  const indexes = targets.flatMap((target, index) => (target?.kind === 'key' ? [index] : []))
  const chosen = key === undefined ? indexes[0] : indexes.find((index) => columns[index] === key)
  if (chosen === undefined) {
    faults.push(
      key === undefined
        ? `No column names the lead: add a column ${KEY_COLUMNS}, or --map a column to one of these.`
        : `--key: column ${JSON.stringify(key)} can't name the lead. It must be ${KEY_COLUMNS}, or mapped to one of these.`
    )
    return targets
  }
  if (key === undefined && indexes.length > 1) {
    const names = indexes.map((index) => JSON.stringify(columns[index])).join(' and ')
    faults.push(
      `${names} can each name the lead: choose one with --key. The others are then set, unless you --ignore them.`
    )
    return targets
  }
  return targets.map((target, index) => {
    if (target?.kind !== 'key' || index === chosen) return target
    if (target.name === 'lead_id')
      faults.push(`Column ${JSON.stringify(columns[index])}: a lead_id can't be set. Use --ignore or --key.`)
    return settable(target)
  })
}
