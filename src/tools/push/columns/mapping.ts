import { KEY_NAMES } from '../../../leads/lead-key.ts'
import type { ValueRules } from './cell-values.ts'
import { isUnnamed, likelyName, sameName } from './column-names.ts'
import { type ColumnTarget, type KnownFields, readTarget } from './column-target.ts'
import { quoted } from '../quoted.ts'
import { NOTE_COLUMNS } from './reject.ts'

/** How columns become updates, according to the options of the command. */
export interface Mapping extends ValueRules {
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

/** The targets of columns, or all faults as sentences. */
export type ReadColumns = { readonly targets: Targets } | { readonly faults: readonly string[] }

/** How many unknown columns are listed. */
const MAX_UNKNOWN = 20

/**
 * Finds what each column means.
 * @param isHeader whether these are all columns of the input, and must include those that options name
 */
export function readColumns(
  columns: readonly string[],
  context: MappingContext,
  isHeader: boolean
): ReadColumns {
  const { mapping, known } = context
  const faults = isHeader ? absentColumns(columns, mapping) : []
  const unknown: string[] = []
  const named = columns.map((column) => columnTarget(column, columns, context, unknown))
  faults.push(...unknown.slice(0, MAX_UNKNOWN))
  if (unknown.length > MAX_UNKNOWN)
    faults.push(
      `${unknown.length - MAX_UNKNOWN} more columns are unknown. A --mapping reads only those that it names.`
    )
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
    const likely = likelyName(name, known, customPrefix)
    const question = likely === undefined ? '' : ` Did you mean ${likely}?`
    faults.push(`--set ${name}: there is no such name to set.${question}`)
    return []
  })
}

/** The target as a field to set, if it is a lead's key. */
function settable(target: ColumnTarget): ColumnTarget {
  return target.kind === 'key' ? { kind: 'field', name: target.name, type: 'text' } : target
}

function absentColumns(columns: readonly string[], { map, ignore, key }: Mapping): string[] {
  const isName = KEY_NAMES.some((name) => name === key)
  const named = [...Object.keys(map), ...ignore, ...(key === undefined || isName ? [] : [key])]
  return named
    .filter((column) => !columns.includes(column) && !(column === '' && columns.some(isUnnamed)))
    .map((column) => `There is no column ${JSON.stringify(column)}. The columns are ${columns.join(', ')}.`)
}

function columnTarget(
  column: string,
  columns: readonly string[],
  { mapping, known }: MappingContext,
  faults: string[]
): ColumnTarget | undefined {
  const { map, ignore, customPrefix } = mapping
  if (ignore.includes(column) || NOTE_COLUMNS.includes(column)) return undefined
  const mapped = Object.hasOwn(map, column) ? map[column] : undefined
  if (mapped === undefined && isUnnamed(column))
    return ignore.includes('') ? undefined : { kind: 'unnamed', name: column }
  const target = readTarget(mapped ?? column, known, customPrefix)
  if (target !== undefined) return target
  const same = mapped === undefined ? sameName(column, known) : undefined
  if (same !== undefined && isFree(same, column, columns, map)) return readTarget(same, known, customPrefix)
  faults.push(
    mapped === undefined
      ? unknownColumn(column, same === undefined ? likelyName(column, known, customPrefix) : undefined)
      : `Column ${JSON.stringify(column)} is mapped to ${mapped}, which is unknown.`
  )
  return undefined
}

/** Whether no other column is meant by a name. */
function isFree(name: string, column: string, columns: readonly string[], map: Mapping['map']): boolean {
  return !columns.includes(name) && !Object.values(map).includes(name) && column !== name
}

function unknownColumn(column: string, likely: string | undefined): string {
  const question = likely === undefined ? '' : ` Did you mean ${likely}?`
  const map = quoted(`${column}=${likely ?? 'NAME'}`)
  return `Unknown column ${JSON.stringify(column)}.${question} Use --map ${map} or --ignore ${quoted(column)}.`
}

/**
 * Finds options with which columns have no fault, if there are some: a name for each column that has a likely one, and
 * `--ignore` for the others.
 */
export function findRemedy(
  columns: readonly string[],
  { mapping, known }: MappingContext
): string[] | undefined {
  const map: Record<string, string> = {}
  const ignore: string[] = []
  const taken = new Set(columns)
  for (const column of columns) {
    const faults: string[] = []
    columnTarget(column, columns, { mapping, known }, faults)
    if (faults.length === 0) continue
    const likely = sameName(column, known) ?? likelyName(column, known, mapping.customPrefix)
    if (Object.hasOwn(mapping.map, column)) return undefined
    if (likely === undefined || taken.has(likely)) ignore.push(column)
    else {
      map[column] = likely
      taken.add(likely)
    }
  }
  const options = [
    ...Object.entries(map).flatMap(([column, name]) => ['--map', `${column}=${name}`]),
    ...ignore.flatMap((column) => ['--ignore', column])
  ]
  const changed = { ...mapping, map: { ...mapping.map, ...map }, ignore: [...mapping.ignore, ...ignore] }
  if ('targets' in readColumns(columns, { mapping: changed, known }, true)) return options
  if (mapping.key !== undefined) return undefined
  for (const name of KEY_NAMES) {
    const key = columns.find((column) => (changed.map[column] ?? sameName(column, known)) === name)
    if (key !== undefined && 'targets' in readColumns(columns, { mapping: { ...changed, key }, known }, true))
      return [...options, '--key', key]
  }
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
  const chosen =
    key === undefined
      ? indexes[0]
      : (indexes.find((index) => columns[index] === key) ??
        indexes.find((index) => targets[index]?.name === key))
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
