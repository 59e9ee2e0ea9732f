import { type Cleaner, createCleaner, fieldsOf, type ServerTraits } from './cleaning/clean.ts'
import { type ColumnText, columnText, type NonLatin } from './cleaning/column-text.ts'
import type { CustomField } from './cleaning/custom-field.ts'
import type { Field } from './fields.ts'

/** The rules that follow from VICIdial's settings, database and build. Made once for each combination. */
export interface ServerRules {
  readonly nonLatin: NonLatin
  /** The fields as this server has them. */
  readonly fields: readonly Field[]
  readonly clean: Cleaner
  /** How the columns hold text. */
  readonly text: ColumnText
  /** Whether look-up keys with an apostrophe are refused, as they could do harm. */
  readonly refusesApostrophes: boolean
  /** Whether an update can name its lead by `vendor_lead_code` or `phone_number`. */
  readonly hasLookUps: boolean
}

/** How the operator has set up VICIdial's leads. */
export interface LeadRules extends ServerRules {
  /** The custom fields that the operator has listed, by label; no other is ever sent. */
  readonly customFields: ReadonlyMap<string, CustomField>
}

/** The rules of a server. Traits that are left out are those of the measured build. */
export function serverRules(
  nonLatin: NonLatin,
  traits: ServerTraits & Partial<Pick<ServerRules, 'refusesApostrophes' | 'hasLookUps'>> = {}
): ServerRules {
  return {
    nonLatin,
    fields: fieldsOf(traits),
    clean: createCleaner(nonLatin, traits),
    text: columnText(traits.dbCharset ?? 'utf8', nonLatin),
    refusesApostrophes: traits.refusesApostrophes ?? false,
    hasLookUps: traits.hasLookUps ?? true
  }
}
