import { SimilarNames } from './similar-names.ts'

/**
 * The columns of VICIdial's lead table that an update can change. Names, kept characters, lengths and the treatment of
 * `+` are VICIdial's, measured on API version 2.14-202. The gateway decides which values may be lost or emptied.
 */

/** How a value is read. A `phone` may have the usual punctuation, and is reduced to digits. */
export type FieldType = 'text' | 'phone' | 'integer' | 'number' | 'date' | 'choice'

/** One column of VICIdial's lead table, as an update may name it. */
export interface Field {
  /** Column of the lead table, and the property in `fields`. */
  readonly name: string
  /** VICIdial's form parameter for it. */
  readonly parameter: string
  readonly type: FieldType
  /** An identifier that would lose characters is refused. Prose may lose some, with a warning. */
  readonly kind: 'identifier' | 'prose'
  /** Longest stored text, as VICIdial's columns count it: characters, or bytes (`ColumnText`). */
  readonly maxLength: number
  /**
   * The letters kept. With `by_mode`, VICIdial's `use_non_latin` decides whether non-ASCII letters are kept. With
   * `capitals`, only A–Z are kept, and no digits.
   */
  readonly letters: 'none' | 'by_mode' | 'any' | 'capitals'
  /** What VICIdial keeps, in words. */
  readonly keeps: string
  /** Characters kept besides letters and digits; with `letters: 'any'`, the characters lost. */
  readonly characters: string
  /** What VICIdial turns a `+` into. */
  readonly plus: 'space' | 'dropped'
  /** Whether `null` may empty it. */
  readonly clearable: boolean
  /** A text that VICIdial dials if it is a phone number. */
  readonly mayBePhone: boolean
  /** Only `update_lead`, a call for a single lead, can change it. */
  readonly singleLead: boolean
  /** Smallest and greatest value of a number. */
  readonly minimum?: number
  readonly maximum?: number
  /** The allowed values. */
  readonly choices?: readonly string[]
  readonly example: string | number
}

type Row = Partial<Field> & Pick<Field, 'name' | 'maxLength' | 'example'>

/** 14 digits: the width that VICIdial's schema and screens give to a list id. */
const MAX_LIST_ID = 99_999_999_999_999

const word = { letters: 'by_mode', characters: '-_', keeps: 'letters, digits, - and _' } as const
const name = {
  letters: 'by_mode',
  characters: " -'_.",
  keeps: "letters, digits, spaces and - ' _ ."
} as const
const address = {
  letters: 'by_mode',
  characters: " -'.:/@_",
  keeps: "letters, digits, spaces and - ' . : / @ _",
  plus: 'space'
} as const
const anything = { letters: 'any', characters: ';#"', keeps: 'everything but ; # "', plus: 'space' } as const
const prose = { kind: 'prose' } as const
const integer = { type: 'integer', keeps: 'digits', clearable: false, minimum: 0 } as const
const phone = { type: 'phone', keeps: 'digits' } as const

const rows: readonly Row[] = [
  { name: 'status', ...word, maxLength: 6, clearable: false, example: 'SALE' },
  { name: 'user', parameter: 'user_field', ...word, maxLength: 20, example: '1001' },
  { name: 'vendor_lead_code', ...anything, maxLength: 20, example: 'CRM-7' },
  { name: 'source_id', ...anything, maxLength: 50, example: 'WEB' },
  {
    name: 'list_id',
    parameter: 'list_id_field',
    ...integer,
    minimum: 1,
    maximum: MAX_LIST_ID,
    maxLength: 14,
    example: 103
  },
  {
    name: 'gmt_offset_now',
    type: 'number',
    keeps: 'a number of hours with at most two decimals',
    maxLength: 6,
    minimum: -12,
    maximum: 14,
    clearable: false,
    example: -5
  },
  { name: 'phone_code', ...phone, maxLength: 10, clearable: false, example: '1' },
  {
    name: 'phone_number',
    ...phone,
    maxLength: 18,
    clearable: false,
    singleLead: true,
    example: '2125550101'
  },
  { name: 'title', ...name, ...prose, maxLength: 4, example: 'Dr' },
  { name: 'first_name', ...name, ...prose, plus: 'space', maxLength: 30, example: 'Ann' },
  { name: 'middle_initial', ...word, ...prose, maxLength: 1, example: 'Q' },
  { name: 'last_name', ...name, ...prose, plus: 'space', maxLength: 30, example: "O'Brien" },
  { name: 'address1', ...address, ...prose, maxLength: 100, example: '12 Elm St' },
  { name: 'address2', ...address, ...prose, maxLength: 100, example: 'Apt 4' },
  { name: 'address3', ...address, ...prose, mayBePhone: true, maxLength: 100, example: 'Rear building' },
  { name: 'city', ...address, ...prose, maxLength: 50, example: 'Springfield' },
  {
    name: 'state',
    letters: 'by_mode',
    characters: ' -',
    keeps: 'letters, digits, spaces and -',
    maxLength: 2,
    example: 'IL'
  },
  {
    name: 'province',
    ...prose,
    letters: 'by_mode',
    characters: " -'._",
    keeps: "letters, digits, spaces and - ' . _",
    plus: 'space',
    maxLength: 50,
    example: 'Ontario'
  },
  {
    name: 'postal_code',
    letters: 'by_mode',
    characters: " -'",
    keeps: "letters, digits, spaces and - '",
    plus: 'space',
    maxLength: 10,
    example: '62701'
  },
  { name: 'country_code', ...word, maxLength: 3, example: 'USA' },
  {
    name: 'gender',
    type: 'choice',
    keeps: 'M, F or U',
    choices: ['M', 'F', 'U'],
    maxLength: 1,
    clearable: false,
    example: 'F'
  },
  { name: 'date_of_birth', type: 'date', keeps: 'a date, YYYY-MM-DD', maxLength: 10, example: '1980-12-31' },
  { name: 'alt_phone', ...phone, maxLength: 12, example: '2125550199' },
  {
    name: 'email',
    letters: 'by_mode',
    characters: " -'.:/@%_",
    keeps: "letters, digits, spaces and - ' . : / @ % _",
    plus: 'space',
    maxLength: 70,
    example: 'ann@example.com'
  },
  { name: 'security_phrase', ...address, maxLength: 100, example: 'blue horse' },
  {
    name: 'comments',
    ...anything,
    ...prose,
    keeps: 'everything but ; # "; a new line is stored as !N',
    maxLength: 255,
    example: 'asked for a call on Monday'
  },
  { name: 'called_count', ...integer, maximum: 65_535, maxLength: 5, example: 3 },
  { name: 'rank', ...integer, maximum: 32_767, maxLength: 5, example: 7 },
  { name: 'owner', ...address, maxLength: 20, example: 'team-a' }
]

/** Every field that an update may change, in the order sent. */
export const FIELDS: readonly Field[] = rows.map(fieldOf)

/** The comments of a callback, which are no column of the lead table. */
export const CALLBACK_COMMENTS = fieldOf({
  name: 'callback.comments',
  parameter: 'callback_comments',
  letters: 'by_mode',
  ...prose,
  characters: ' .:/@_-',
  keeps: 'letters, digits, spaces and - . : / @ _',
  clearable: false,
  maxLength: 255,
  example: 'asked for a call on Monday'
})

function fieldOf(row: Row): Field {
  return {
    parameter: row.name,
    type: 'text',
    kind: 'identifier',
    letters: 'none',
    keeps: '',
    characters: '',
    plus: 'dropped',
    clearable: true,
    mayBePhone: false,
    singleLead: false,
    ...row
  }
}

/** Finds the field that an unknown name means. */
export const SIMILAR_FIELDS = new SimilarNames(
  FIELDS.map((field) => field.name),
  {
    ...{ phone: 'phone_number', alternate_phone: 'alt_phone', zip: 'postal_code', zip_code: 'postal_code' },
    ...{ postcode: 'postal_code', postal: 'postal_code', middle_name: 'middle_initial' },
    ...{ sex: 'gender', list: 'list_id', gmt_offset: 'gmt_offset_now', dispo: 'status', agent: 'user' },
    ...{
      first: 'first_name',
      last: 'last_name',
      surname: 'last_name',
      mail: 'email',
      email_address: 'email'
    },
    ...{ dob: 'date_of_birth', birthday: 'date_of_birth', birth_date: 'date_of_birth', notes: 'comments' },
    ...{ address: 'address1', country: 'country_code', disposition: 'status', vendor_id: 'vendor_lead_code' }
  }
)
/** The fields by name. */
export const FIELD_BY_NAME: ReadonlyMap<string, Field> = new Map(FIELDS.map((field) => [field.name, field]))
