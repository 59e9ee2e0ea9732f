import { createCleaner } from '../../leads/clean.ts'
import { FIELD_BY_NAME, FIELDS } from '../../leads/fields.ts'
import { KEY_NAMES } from '../../leads/lead-key.ts'
import { pointer } from '../../leads/refusal.ts'
import { expressionFault } from '../../webhooks/mapping/expression.ts'
import {
  asTyped,
  type Literal,
  type MappingDefinition,
  type ValueTable
} from '../../webhooks/mapping/mapping.ts'
import type { NoteFault } from './read-secrets.ts'
import type { MappingEntry } from './endpoint-schema.ts'

/**
 * Reads a mapping from an entry that fits its schema. Notes in `fault` what the schema cannot say: expressions that
 * are none, fields that are none, and literals that the field could not take under either setting of use_non_latin.
 * @param customFields the custom fields that may be set
 */
export function readMapping(
  entry: MappingEntry,
  place: string,
  customFields: ReadonlyMap<string, number>,
  fault: NoteFault
): MappingDefinition {
  const { fields = {}, custom_fields: custom = {}, values = {}, fixed = {} } = entry
  const by = KEY_NAMES.find((name) => entry.lead[name] !== undefined) ?? 'lead_id'
  const lead = { by, expression: entry.lead[by] ?? '' }

  checkExpressions({ each: entry.each, when: entry.when }, place, fault)
  checkExpressions({ [by]: lead.expression }, `${place}/lead`, fault)
  checkExpressions(fields, `${place}/fields`, fault)
  checkExpressions(custom, `${place}/custom_fields`, fault)
  for (const name of Object.keys(fields)) checkField(name, `${place}/fields`, fault)
  for (const label of Object.keys(custom)) {
    if (!customFields.has(label))
      fault(place + pointer('custom_fields', label), 'is not in the custom_fields of this file')
  }
  for (const [name, value] of Object.entries(fixed)) {
    if (Object.hasOwn(fields, name)) fault(place + pointer('fixed', name), 'is in fields too')
    if (checkField(name, `${place}/fixed`, fault))
      checkLiteral(name, value, place + pointer('fixed', name), fault)
  }
  const changesSomething = [fields, custom, fixed].some((one) => Object.keys(one).length > 0)
  if (!changesSomething && entry.reset_called !== true)
    fault(place, 'changes nothing: give fields, custom_fields, fixed or reset_called')

  return {
    each: entry.each,
    when: entry.when,
    lead,
    fields,
    customFields: custom,
    values: new Map(
      Object.entries(values).map(([name, { table, otherwise }]): [string, ValueTable] => {
        const tablePlace = place + pointer('values', name)
        if (!Object.hasOwn(fields, name) && !Object.hasOwn(custom, name))
          fault(tablePlace, 'is neither in fields nor in custom_fields')
        for (const [from, to] of Object.entries(table))
          if (to !== '') checkLiteral(name, to, tablePlace + pointer('table', from), fault)
        return [name, { table: new Map(Object.entries(table)), otherwise: otherwise ?? 'keep' }]
      })
    ),
    fixed: Object.fromEntries(
      Object.entries(fixed).map(([name, value]) => [name, asTyped(value, FIELD_BY_NAME.get(name)?.type)])
    ),
    resetCalled: entry.reset_called,
    emptyStrings: entry.empty_strings ?? 'ignore'
  }
}

/** Checks expressions by their names in the file. */
export function checkExpressions(
  expressions: Readonly<Record<string, string | undefined>>,
  place: string,
  fault: NoteFault
): void {
  for (const [name, text] of Object.entries(expressions)) {
    const what = text === undefined ? undefined : expressionFault(text)
    if (what !== undefined) fault(place + pointer(name), what)
  }
}

function checkField(name: string, place: string, fault: NoteFault): boolean {
  if (FIELD_BY_NAME.has(name)) return true
  const meant = FIELDS.find((field) => field.parameter === name)
  const hint = meant ? `; use ${meant.name}` : ''
  fault(place + pointer(name), `is no field of a lead${hint}`)
  return false
}

/** Letters beyond ASCII may be kept: more is taken under this setting than under the other. */
const cleanGenerously = createCleaner(1)

function checkLiteral(name: string, value: Literal, place: string, fault: NoteFault): void {
  const field = FIELD_BY_NAME.get(name)
  const cleaned = field && cleanGenerously(field, asTyped(value, field.type))
  if (cleaned === undefined) return
  if ('code' in cleaned) fault(place, `cannot be stored: ${cleaned.detail.replace(/\.$/, '')}`)
}
