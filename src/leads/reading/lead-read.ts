import { type Changes, changesOf, CUSTOM } from '../changes.ts'
import type { LeadRules } from '../server-rules.ts'
import { COLUMN_BY_NAME, LEAD_COLUMNS } from './lead-columns.ts'
import { echo, listGiven, type PointedRefusal, pointer } from '../refusal.ts'
import { allows, type Rights } from '../rights.ts'
import { SimilarNames } from '../similar-names.ts'

/** What is read of a lead. */
export interface LeadRead {
  /** Columns of the lead table, in the order of `LEAD_COLUMNS`. */
  readonly fields: readonly string[]
  /** Labels of custom fields; those that the lead's list lacks are left out. */
  readonly customFields: readonly string[]
}

/** What a request asks to read, unchecked. */
export interface ReadInput {
  /** Names; absent: all that the caller may read. */
  readonly fields: unknown
  /** Whether custom fields are read, too. */
  readonly customFields: unknown
}

export interface ReadRules extends Pick<LeadRules, 'customFields'> {
  readonly rights: Rights
}

const LEAD_ID = 'lead_id'
const SIMILAR_COLUMNS = new SimilarNames(COLUMN_BY_NAME.keys(), { list: 'list_id', dispo: 'status' })

/**
 * Reads what a request asks to read. Returns every refusal, with a JSON Pointer into the request; never throws. Custom
 * fields are those that the operator has listed, as in updates.
 */
export function readSelection(input: ReadInput, rules: ReadRules): LeadRead | PointedRefusal[] {
  const refusals: PointedRefusal[] = []
  const { rights, customFields: listed } = rules
  const { fields: named, customFields = false } = input
  if (typeof customFields !== 'boolean') {
    const detail = 'custom_fields must be true or false.'
    refusals.push({ code: 'field_invalid', field: 'custom_fields', detail, pointer: '/custom_fields' })
  }
  const wanted = named === undefined ? undefined : readNames(named, rights, refusals)
  if (refusals.length > 0) return refusals
  const isWanted = (name: string, isInRow: boolean) =>
    wanted?.has(name) ?? (isInRow && allows(rights.readFields, name))
  const fields = LEAD_COLUMNS.filter(({ name, isInRow }) => isWanted(name, isInRow)).map(({ name }) => name)
  const labels = [...listed.keys()].filter((label) => allows(rights.readCustomFields, label)).toSorted()
  return { fields, customFields: customFields === true ? labels : [] }
}

function readNames(names: unknown, rights: Rights, refusals: PointedRefusal[]): ReadonlySet<string> {
  const wanted = new Set<string>()
  if (!Array.isArray(names) || names.length === 0 || names.length > LEAD_COLUMNS.length + 1) {
    const detail = 'fields must be a list of columns of the lead table, each once.'
    refusals.push({ code: 'field_invalid', field: 'fields', detail, pointer: '/fields' })
    return wanted
  }
  for (const [index, name] of names.entries()) {
    const refuse = (code: PointedRefusal['code'], detail: string) => {
      refusals.push({ code, field: echo(String(name)), detail, pointer: pointer('fields', index) })
    }
    if (typeof name !== 'string') refuse('field_invalid', `A field is named by a string.${listGiven(name)}`)
    else if (name !== LEAD_ID && !COLUMN_BY_NAME.has(name)) refuse('field_unknown', unknownColumn(name))
    else if (name !== LEAD_ID && !allows(rights.readFields, name))
      refuse('field_not_allowed', `This caller may not read ${name} (permissions.read_fields).`)
    else wanted.add(name)
  }
  return wanted
}

function unknownColumn(name: string): string {
  const similar = SIMILAR_COLUMNS.find(name)
  const hint =
    similar === undefined ? 'ask for custom fields with custom_fields.' : `did you mean ${similar}?`
  return `A lead has no such field to read; ${hint}`
}

const FUNCTION = 'lead_all_info'
const BETWEEN = ','

/** A reading as changes that change nothing, so that it is delivered in a lead's order like any update. */
export function changesOfRead({ fields, customFields }: LeadRead): Changes {
  const params = { field_name: fields.join(BETWEEN), custom_field_names: customFields.join(BETWEEN) }
  return changesOf(FUNCTION, params, {}, [])
}

/** Whether changes only read. */
export function isReading({ function: called }: Pick<Changes, 'function'>): boolean {
  return called === FUNCTION
}

/** What changes read; undefined if they are an update. */
export function readOf(changes: Changes): LeadRead | undefined {
  if (!isReading(changes)) return undefined
  const { params } = changes
  return { fields: namesIn(params['field_name']), customFields: namesIn(params['custom_field_names']) }
}

function namesIn(text = ''): readonly string[] {
  return text === '' ? [] : text.split(BETWEEN)
}

/** The right of `rights` that a reading needs and lacks, as `"email" (permissions.read_fields)`, or undefined. */
export function missingReadRight(rights: Rights, { fields, customFields }: LeadRead): string | undefined {
  const field = fields.find((name) => !allows(rights.readFields, name))
  if (field !== undefined) return `"${field}" (permissions.read_fields)`
  const label = customFields.find((name) => !allows(rights.readCustomFields, name))
  return label === undefined ? undefined : `"${label}" (permissions.read_custom_fields)`
}

/** The name of a custom field among other fields. */
export function customName(label: string): string {
  return CUSTOM + label
}
