import { closestMatch } from 'leven'
import { KEY_NAMES, type KeyName } from '../../leads/lead-key.ts'
import type { Catalogue } from './catalogue.ts'

const OPTION_NAMES = ['reset_called', 'allow_undefined_list', 'on_multiple', 'on_lossy'] as const
type OptionName = (typeof OPTION_NAMES)[number]

/** Where a column's value goes in an update. */
export type Target =
  | { readonly kind: 'key'; readonly name: KeyName }
  | { readonly kind: 'field'; readonly name: string; readonly type: string }
  | { readonly kind: 'custom'; readonly name: string }
  | { readonly kind: 'option'; readonly name: OptionName }

/** Before a field's name: it is set, even if it could name the lead. */
const FIELD_PREFIX = 'fields.'

/** What a name means; undefined if it means nothing. */
export function readTarget(name: string, { fields }: Catalogue, customPrefix: string): Target | undefined {
  const key = KEY_NAMES.find((one) => one === name)
  if (key !== undefined) return { kind: 'key', name: key }
  const option = OPTION_NAMES.find((one) => one === name)
  if (option !== undefined) return { kind: 'option', name: option }
  if (customPrefix !== '' && name.startsWith(customPrefix))
    return { kind: 'custom', name: name.slice(customPrefix.length) }
  const field = name.startsWith(FIELD_PREFIX) ? name.slice(FIELD_PREFIX.length) : name
  const type = fields.get(field)?.type
  return type === undefined ? undefined : { kind: 'field', name: field, type }
}

/** The known name that is most like another one. */
export function nearestName(name: string, catalogue: Catalogue, customPrefix: string): string | undefined {
  const custom = catalogue.customFields.map((label) => customPrefix + label)
  const known = [...KEY_NAMES, ...catalogue.fields.keys(), ...custom, ...OPTION_NAMES]
  return closestMatch(name.toLowerCase().replaceAll(/[\s-]+/g, '_'), known)
}
