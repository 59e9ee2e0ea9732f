import type { Catalogue } from './catalogue.ts'
import { NOTES } from './reject.ts'
import { nearestName, readTarget, type Target } from './target.ts'

/** How columns become updates, as the sender says it. */
export interface Mapping {
  /** Column → what it means, where its name does not say it. */
  readonly map: Readonly<Record<string, string>>
  readonly ignore: readonly string[]
  /** The column that names the lead, if several could. */
  readonly key?: string
  /** What every row sets, by name. */
  readonly set: Readonly<Record<string, string>>
  /** Before the label of a custom field. */
  readonly customPrefix: string
  /** Whether an empty cell empties the field; otherwise it is not given. */
  readonly emptyClears: boolean
}

/** Each column's target in the order of the columns; undefined where it is left out. */
export type Targets = readonly (Target | undefined)[]

interface Rules {
  readonly mapping: Mapping
  readonly catalogue: Catalogue
}

/**
 * Finds what each column means.
 * @param isHeader whether these are all columns of the input; then those that an option names must be among them
 * @returns every fault as a sentence, if there is one
 */
export function readColumns(
  columns: readonly string[],
  rules: Rules,
  isHeader: boolean
): { readonly targets: Targets } | { readonly faults: readonly string[] } {
  const { mapping } = rules
  const faults = isHeader ? absentColumns(columns, mapping) : []
  const named = columns.map((column) => columnTarget(column, rules, faults))
  const targets = chooseKey(columns, named, rules, faults)
  const seen = new Map<string, string>()
  for (const [place, target] of targets.entries()) {
    if (target === undefined) continue
    const name = `${target.kind} ${target.name}`
    const column = `Column ${JSON.stringify(columns[place])}`
    const other = seen.get(name)
    if (other !== undefined) faults.push(`${column} and ${other} both give ${target.name}.`)
    seen.set(name, `column ${JSON.stringify(columns[place])}`)
  }
  for (const name in mapping.set) {
    const target = readTarget(name, rules.catalogue, mapping.customPrefix)
    const column = target && seen.get(`${settable(target).kind} ${target.name}`)
    if (column !== undefined) faults.push(`--set gives ${name}, and so does ${column}: leave out one.`)
  }
  return faults.length > 0 ? { faults } : { targets }
}

/** What `--set` gives, by target; faults are noted. */
export function readSet({ mapping, catalogue }: Rules, faults: string[]): [target: Target, value: string][] {
  const { set, customPrefix } = mapping
  return Object.entries(set).flatMap(([name, value]): [Target, string][] => {
    const target = readTarget(name, catalogue, customPrefix)
    if (target !== undefined && target.name !== 'lead_id') return [[settable(target), value]]
    faults.push(`--set ${name}: there is nothing of this name to set.${hint(name, { mapping, catalogue })}`)
    return []
  })
}

/** A lead's key as a field that is set. */
function settable(target: Target): Target {
  return target.kind === 'key' ? { kind: 'field', name: target.name, type: 'text' } : target
}

function absentColumns(columns: readonly string[], { map, ignore, key }: Mapping): string[] {
  const named = [...Object.keys(map), ...ignore, ...(key === undefined ? [] : [key])]
  return named
    .filter((column) => !columns.includes(column))
    .map((column) => `There is no column ${JSON.stringify(column)}; there is ${columns.join(', ')}.`)
}

function columnTarget(column: string, rules: Rules, faults: string[]): Target | undefined {
  const { map, ignore, customPrefix } = rules.mapping
  if (ignore.includes(column) || NOTES.includes(column)) return undefined
  const mapped = Object.hasOwn(map, column) ? map[column] : undefined
  const name = mapped ?? column
  const target = readTarget(name, rules.catalogue, customPrefix)
  if (target !== undefined) return target
  const what = mapped === undefined ? 'is not known' : `is mapped to ${name}, which is not known`
  faults.push(`Column ${JSON.stringify(column)} ${what}.${hint(name, rules)}`)
  return undefined
}

function hint(name: string, { mapping, catalogue }: Rules): string {
  const nearest = nearestName(name, catalogue, mapping.customPrefix)
  return ` Is it ${nearest}? Say --map "${name}=${nearest}", or --ignore "${name}".`
}

/** Lets one column name the lead; the others that could are fields that are set. */
function chooseKey(
  columns: readonly string[],
  targets: Targets,
  { mapping }: Rules,
  faults: string[]
): Targets {
  const places = targets.flatMap((target, place) => (target?.kind === 'key' ? [place] : []))
  const names = places.map((place) => JSON.stringify(columns[place])).join(' and ')
  const chosen =
    mapping.key === undefined ? places[0] : places.find((place) => columns[place] === mapping.key)
  if (chosen === undefined) {
    const could = 'a column lead_id, vendor_lead_code or phone_number, or --map one to it'
    faults.push(
      mapping.key === undefined
        ? `No column names the lead: there must be ${could}.`
        : `--key: column ${JSON.stringify(mapping.key)} cannot name the lead; it takes ${could}.`
    )
    return targets
  }
  if (mapping.key === undefined && places.length > 1) {
    faults.push(
      `${names} could each name the lead: say which one does by --key; the others are then set, or left out by --ignore.`
    )
    return targets
  }
  return targets.map((target, place) => {
    if (target?.kind !== 'key' || place === chosen) return target
    if (target.name === 'lead_id')
      faults.push(`Column ${JSON.stringify(columns[place])}: a lead_id cannot be set; say --ignore or --key.`)
    return settable(target)
  })
}
