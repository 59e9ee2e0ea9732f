import fc from 'fast-check'
import { FIELDS, type Field } from '../../src/leads/fields.ts'
import { anyValue } from '../lead-values.ts'
import type { FoundField } from './custom-types.ts'

/** The test leads of a random run. */
export interface TestLeads {
  readonly listId: number
  /** Leads that updates name by id only, and change in every column. */
  readonly free: readonly number[]
  /** Leads that updates name by any key: their codes and numbers stay. */
  readonly keyed: readonly KeyedLead[]
}

export interface KeyedLead {
  readonly lead: number
  /** Some look like a number with an exponent, such as `1e5`: those can be found by another spelling. */
  readonly code: string
  readonly phone: string
}

/** An update as it is sent. */
export interface RandomUpdate {
  readonly lead_id?: number
  readonly vendor_lead_code?: string
  readonly phone_number?: string
  readonly on_multiple?: string | undefined
  readonly key_match?: string | undefined
  readonly fields?: Readonly<Record<string, unknown>> | undefined
  readonly custom_fields?: Readonly<Record<string, unknown>> | undefined
  readonly [option: string]: unknown
}

/** An id that no lead has: VICIdial counts up, and holds nine digits. */
const NO_LEAD = 999_999_900
/** A list that does not exist. */
export const NO_LIST = 99_999_999_999_998
/** Columns of a keyed lead that stay as they are. */
const KEYS: ReadonlySet<string> = new Set(['vendor_lead_code', 'phone_number', 'list_id'])
const FREE_FIELDS = FIELDS
const KEYED_FIELDS = FIELDS.filter(({ name }) => !KEYS.has(name))
const MOST_FIELDS = 4

/** Values that use everything a field keeps, and for prose some that it loses. */
export function tellingValues(field: Field): (string | number | null)[] {
  const { type, kind, letters, characters, choices, maxLength, maximum, minimum, clearable } = field
  const empty = clearable ? [null] : []
  if (type === 'integer') return [minimum ?? 0, Math.min(maximum ?? 0, 999)]
  if (type === 'number') return [-5, 5.5, 0]
  if (type === 'date') return ['1985-12-31', '2000-02-29', ...empty]
  if (type === 'phone') return ['1 (2) 3-4 5'.slice(0, maxLength), ...empty]
  if (choices) return [...choices]
  if (letters === 'capitals') return ['A', 'USA'.slice(0, maxLength), ...empty]
  const kept = letters === 'any' ? "it's a <b>%41</b> & ä|é=ñ" : `aZ09${characters}z`
  const lossy =
    kind === 'prose' && maxLength > 20
      ? [
          'José, Ünal & Sons; #4 "x" (y)',
          '李 Łódź Ångström',
          'O’Brien–12½\u00a0“x”\u200e…\t4\\5',
          'O`Brien・１２ • x／y﹣z'
        ]
      : []
  return ['A', '0', kept.slice(0, maxLength).trim(), ...lossy, ...empty]
}

/** Texts about as long as a column, in letters of one to three bytes. */
function longTexts({ maxLength }: Field): fc.Arbitrary<string> {
  return fc
    .tuple(fc.constantFrom('a', 'é', 'я', '日'), fc.integer({ min: -2, max: 1 }), fc.constantFrom(1, 2, 3))
    .map(([letter, more, bytes]) => letter.repeat(Math.max(1, Math.floor(maxLength / bytes) + more)))
}

/** Texts of characters that a field keeps, and for prose some that it loses. */
function keptTexts({ letters, characters, kind, maxLength }: Field): fc.Arbitrary<string> {
  const kept = letters === 'any' ? " -'_.:/@%,&=<>()|!?äя日" : characters
  const lost = kind === 'prose' ? 'éßŁ日,&+#’`–½…・•１\u00a0\u200e\t\\' : ''
  const unit = fc.constantFrom(...'aB7', ...kept, ...lost)
  return fc.string({ unit, minLength: 1, maxLength: Math.min(maxLength, 25) })
}

/** @param isWild whether the value may be of any kind */
function valueOf(field: Field, listId: number, isWild: boolean): fc.Arbitrary<unknown> {
  // Any other list may be one of the operator's.
  if (field.name === 'list_id') {
    return isWild ? fc.constantFrom(NO_LIST, null, 'list', -1, 1.5) : fc.constantFrom(listId, String(listId))
  }
  const telling = fc.constantFrom(...tellingValues(field))
  if (isWild) return fc.oneof(anyValue, telling, longTexts(field))
  if (field.type !== 'text') return telling
  return field.letters === 'any'
    ? fc.oneof(telling, keptTexts(field), longTexts(field))
    : fc.oneof(telling, keptTexts(field))
}

function fieldsOf(
  fields: readonly Field[],
  listId: number,
  isWild: boolean
): fc.Arbitrary<Record<string, unknown>> {
  const one = fc
    .constantFrom(...fields)
    .chain((field) => valueOf(field, listId, isWild).map((value): [string, unknown] => [field.name, value]))
  return fc.array(one, { minLength: 1, maxLength: MOST_FIELDS }).map((entries) => Object.fromEntries(entries))
}

/** Values of a custom field that fit its type. */
function soundCustomValues({ type, options = [], max_length: maxLength = 20 }: FoundField): string[] {
  if (type === 'DATE') return ['1980-12-31', '2000-02-29']
  if (type === 'TIME') return ['09:30', '23:59:59']
  if (options.length > 0) return [...options]
  return ['blue', 'a,b', "O'Brien", 'y'.repeat(maxLength)].filter((value) => value.length <= maxLength)
}

const UNSOUND_CUSTOM_VALUES = [
  '31/12/1980',
  '2001-02-29',
  '24:00',
  '1030',
  'none of them',
  '2',
  'Łódź',
  'я'.repeat(200)
]

function customOf(found: readonly FoundField[], isWild: boolean): fc.Arbitrary<Record<string, unknown>> {
  const one = fc.constantFrom(...found).chain((field) => {
    const sound = fc.constantFrom(...soundCustomValues(field), ...(field.type === 'TIME' ? [] : [null]))
    const value = isWild ? fc.oneof(sound, fc.constantFrom(...UNSOUND_CUSTOM_VALUES), anyValue) : sound
    return value.map((given): [string, unknown] => [field.label, given])
  })
  return fc.array(one, { minLength: 1, maxLength: 3 }).map((entries) => Object.fromEntries(entries))
}

/** A code that looks like a number with an exponent. */
const EXPONENT = /^(\d+)e(\d+)$/i

/** The same number in other digits, such as `10e4` for `1e5`: the database does not find it. */
function sameNumber(code: string): string {
  const [, digits = '', exponent = '1'] = EXPONENT.exec(code) ?? []
  return `${digits}0e${Number(exponent) - 1}`
}

/** Keys of all kinds: of the keyed leads, in other capitals, and of no lead. */
function keyArbitraries(
  keyed: readonly KeyedLead[]
): { readonly weight: number; readonly arbitrary: fc.Arbitrary<RandomUpdate> }[] {
  const noLead = {
    weight: 1,
    arbitrary: fc.integer({ min: 0, max: 99 }).map((n) => ({ lead_id: NO_LEAD + n }))
  }
  const [first] = keyed
  if (first === undefined) return [noLead]
  const one = fc.constantFrom(...keyed)
  const exponents = keyed.filter(({ code }) => EXPONENT.test(code))
  const exponent = fc.constantFrom(...exponents.map(({ code }) => code))
  const respelt = fc.oneof(
    exponent,
    exponent.map((code) => code.toLowerCase()),
    exponent.map((code) => code.toUpperCase()),
    exponent.map(sameNumber)
  )
  // No code of a test lead, and hardly one of the operator's, begins so.
  const noCode = `GX${first.phone}`
  return [
    noLead,
    { weight: 2, arbitrary: one.map(({ lead }) => ({ lead_id: lead })) },
    { weight: 4, arbitrary: one.map(({ code }) => ({ vendor_lead_code: code })) },
    { weight: 1, arbitrary: one.map(({ code }) => ({ vendor_lead_code: code.toLowerCase() })) },
    ...(exponents.length === 0
      ? []
      : [{ weight: 3, arbitrary: respelt.map((code) => ({ vendor_lead_code: code })) }]),
    { weight: 3, arbitrary: one.map(({ phone }) => ({ phone_number: phone })) },
    { weight: 2, arbitrary: anyValue.map((value) => ({ vendor_lead_code: `${noCode}${String(value)}` })) },
    {
      weight: 1,
      arbitrary: fc.integer({ min: 0, max: 9 }).map((n) => ({ phone_number: `00000000000000${n}` }))
    }
  ]
}

/** `count` updates that a seed decides: every key, every field, every option, sound and hostile values. */
export function randomUpdates(
  count: number,
  seed: number,
  { listId, free, keyed }: TestLeads,
  found: readonly FoundField[]
): RandomUpdate[] {
  const target = fc.oneof(
    { weight: 8, arbitrary: fc.constantFrom(...free).map((lead_id) => ({ key: { lead_id }, isFree: true })) },
    ...keyArbitraries(keyed).map(({ weight, arbitrary }) => ({
      weight,
      arbitrary: arbitrary.map((key) => ({ key, isFree: false }))
    }))
  )
  const absent = fc.constant(undefined)
  const rarely = <T>(arbitrary: fc.Arbitrary<T>) =>
    fc.oneof({ weight: 9, arbitrary: absent }, { weight: 1, arbitrary })
  const isWild = fc.constantFrom(true, false, false)
  const update = fc.tuple(target, isWild).chain(([{ key, isFree }, wild]) =>
    fc
      .record({
        fields: fieldsOf(isFree ? FREE_FIELDS : KEYED_FIELDS, listId, wild),
        custom_fields: found.length > 0 ? fc.oneof(absent, absent, customOf(found, wild)) : absent,
        on_multiple: fc.constantFrom(undefined, 'reject', 'newest', 'all'),
        key_match: fc.constantFrom(undefined, 'collation', 'exact'),
        on_lossy: rarely(fc.constant('reject')),
        reset_called: rarely(fc.constant(true)),
        allow_undefined_list: rarely(fc.constant(true)),
        verify: rarely(fc.constant(true))
      })
      .map((changes): RandomUpdate => ({ ...key, ...changes }))
  )
  return fc.sample(update, { numRuns: count, seed })
}
