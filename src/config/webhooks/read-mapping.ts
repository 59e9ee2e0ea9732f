import { createCleaner } from '../../leads/cleaning/clean.ts'
import { FIELD_BY_NAME, FIELDS, SIMILAR_FIELDS } from '../../leads/fields.ts'
import { KEY_NAMES } from '../../leads/lead-key.ts'
import { pointer as pointerTo } from '../../leads/refusal.ts'
import { expressionFault } from '../../webhooks/mapping/expression.ts'
import { asTyped, type Literal, type ValueTable } from '../../webhooks/mapping/field-value.ts'
import type {
  ActionsDefinition,
  AddDefinition,
  MappingDefinition
} from '../../webhooks/mapping/mapping-definition.ts'
import type { NoteFault } from '../config-error.ts'
import type { MappingEntry } from './endpoint-schema.ts'

/**
 * Reads a mapping from an entry that fits its schema. Notes in `fault` what the schema can't express: expressions that
 * aren't valid, fields that don't exist, and literals that VICIdial couldn't store under either use_non_latin.
 * @param customFields labels of the file's custom fields
 */
export function readMapping(
  entry: MappingEntry,
  pointer: string,
  customFields: ReadonlySet<string>,
  fault: NoteFault
): MappingDefinition {
  const { fields = {}, custom_fields: custom = {}, values = {}, fixed = {} } = entry
  const by = KEY_NAMES.find((name) => entry.lead[name] !== undefined) ?? 'lead_id'
  const lead = { by, expression: entry.lead[by] ?? '' }

  checkExpressions({ each: entry.each, when: entry.when }, pointer, fault)
  checkExpressions({ [by]: lead.expression }, `${pointer}/lead`, fault)
  checkExpressions(fields, `${pointer}/fields`, fault)
  checkExpressions(custom, `${pointer}/custom_fields`, fault)
  for (const name of Object.keys(fields)) checkField(name, `${pointer}/fields`, fault)
  checkLabels(custom, pointer, customFields, fault)
  checkFixed(fixed, fields, pointer, fault)
  const actions = readActions(entry, pointer, fault)
  const changesSomething = [fields, custom, fixed, actions].some((one) => Object.keys(one).length > 0)
  if (!changesSomething && entry.reset_called !== true)
    fault(
      pointer,
      'changes nothing: give fields, custom_fields, fixed, reset_called, hopper, callback or dnc'
    )

  const { add } = entry
  if (entry.on_missing === 'add' && by === 'lead_id')
    fault(`${pointer}/on_missing`, 'needs a lead named by vendor_lead_code or phone_number')
  if (add !== undefined && entry.on_missing !== 'add') fault(`${pointer}/add`, 'needs on_missing: add')
  if (add === undefined && entry.on_missing === 'add') fault(`${pointer}/on_missing`, 'needs add')
  const addition = add && entry.on_missing === 'add' ? readAdd(add, pointer, customFields, fault) : undefined
  const inAdd = { ...add?.fields, ...add?.custom_fields }

  return {
    each: entry.each,
    when: entry.when,
    lead,
    fields,
    customFields: custom,
    values: new Map(
      Object.entries(values).map(([name, { table, otherwise }]): [string, ValueTable] => {
        const tablePointer = pointer + pointerTo('values', name)
        if (![fields, custom, inAdd].some((one) => Object.hasOwn(one, name)))
          fault(tablePointer, 'is neither in fields nor in custom_fields')
        for (const [from, to] of Object.entries(table))
          if (to !== '') checkLiteral(name, to, tablePointer + pointerTo('table', from), fault)
        return [name, { table: new Map(Object.entries(table)), otherwise: otherwise ?? 'keep' }]
      })
    ),
    fixed: typed(fixed),
    resetCalled: entry.reset_called,
    ...(addition && { add: addition }),
    ...(Object.keys(actions).length > 0 && { actions }),
    emptyStrings: entry.empty_strings ?? 'ignore',
    nulls: entry.nulls ?? 'clear',
    nullWords: new Set(wordsOf(entry.null_words).map((word) => word.trim().toLowerCase()))
  }
}

/** Reads what a mapping does with the leads of its events. */
function readActions(
  { hopper, callback, dnc }: MappingEntry,
  pointer: string,
  fault: NoteFault
): ActionsDefinition {
  const others = { ...(hopper !== undefined && { hopper }), ...(dnc !== undefined && { dnc }) }
  if (callback === undefined || callback === 'remove') return { ...others, ...(callback && { callback }) }
  const { campaign_id, status, ...parts } = callback
  const expressions: Record<string, string> = parts
  checkExpressions(expressions, `${pointer}/callback`, fault)
  if (status !== undefined) checkLiteral('status', status, `${pointer}/callback/status`, fault)
  const given = { campaign_id, ...(status !== undefined && { status }) }
  return { ...others, callback: { given, expressions } }
}

/** Reads what a mapping says about leads that are added. */
function readAdd(
  add: NonNullable<MappingEntry['add']>,
  mapping: string,
  customFields: ReadonlySet<string>,
  fault: NoteFault
): AddDefinition {
  const pointer = `${mapping}/add`
  const { list_id, phone_code, phone_number, fields = {}, custom_fields: custom = {}, fixed = {} } = add
  checkExpressions({ phone_number }, pointer, fault)
  checkExpressions(fields, `${pointer}/fields`, fault)
  checkExpressions(custom, `${pointer}/custom_fields`, fault)
  for (const name of Object.keys(fields)) checkField(name, `${pointer}/fields`, fault)
  checkLabels(custom, pointer, customFields, fault)
  checkFixed(fixed, fields, pointer, fault)
  return {
    given: { ...(list_id !== undefined && { list_id }), ...(phone_code !== undefined && { phone_code }) },
    phoneNumber: phone_number,
    fields,
    customFields: custom,
    fixed: typed(fixed)
  }
}

function typed(fixed: Readonly<Record<string, Literal>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(fixed).map(([name, value]) => [name, asTyped(value, FIELD_BY_NAME.get(name)?.type)])
  )
}

function checkLabels(
  custom: Readonly<Record<string, string>>,
  pointer: string,
  customFields: ReadonlySet<string>,
  fault: NoteFault
): void {
  for (const label of Object.keys(custom)) {
    if (!customFields.has(label))
      fault(pointer + pointerTo('custom_fields', label), 'is not in the custom_fields of the gateway file')
  }
}

function checkFixed(
  fixed: Readonly<Record<string, Literal>>,
  fields: Readonly<Record<string, string>>,
  pointer: string,
  fault: NoteFault
): void {
  for (const [name, value] of Object.entries(fixed)) {
    if (Object.hasOwn(fields, name)) fault(pointer + pointerTo('fixed', name), 'is in fields too')
    if (checkField(name, `${pointer}/fixed`, fault))
      checkLiteral(name, value, pointer + pointerTo('fixed', name), fault)
  }
}

/** What programs write for a value that they don't have. */
const NULL_WORDS = [
  ...['null', '(null)', '<null>', '#null!', 'nil', 'none', '(none)', 'undefined'],
  ...['n/a', '#n/a', '<na>', 'nan', '\\n', '-', '--', '\u2013', '\u2014']
]

function wordsOf(words: MappingEntry['null_words']): readonly string[] {
  return words === true ? NULL_WORDS : (words ?? [])
}

/** Checks expressions, given by their names below `pointer`. */
export function checkExpressions(
  expressions: Readonly<Record<string, string | undefined>>,
  pointer: string,
  fault: NoteFault
): void {
  for (const [name, text] of Object.entries(expressions)) {
    const what = text === undefined ? undefined : expressionFault(text)
    if (what !== undefined) fault(pointer + pointerTo(name), what)
  }
}

function checkField(name: string, pointer: string, fault: NoteFault): boolean {
  if (FIELD_BY_NAME.has(name)) return true
  const meant = FIELDS.find((field) => field.parameter === name)
  const similar = SIMILAR_FIELDS.find(name)
  const hint = meant ? `; use ${meant.name}` : similar === undefined ? '' : `; perhaps ${similar} is meant`
  fault(pointer + pointerTo(name), `is not a field of a lead${hint}`)
  return false
}

/** As with use_non_latin=1, which takes all that 0 takes, and letters beyond ASCII. */
const cleanGenerously = createCleaner(1)

function checkLiteral(name: string, value: Literal, pointer: string, fault: NoteFault): void {
  const field = FIELD_BY_NAME.get(name)
  const cleaned = field && cleanGenerously(field, asTyped(value, field.type))
  if (cleaned === undefined) return
  if ('code' in cleaned) fault(pointer, `cannot be stored: ${cleaned.detail.replace(/\.$/, '')}`)
}
