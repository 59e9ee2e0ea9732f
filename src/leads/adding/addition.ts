import { CUSTOM, type Changes } from '../changes.ts'
import { LOOKS_LIKE_PARAMETER } from '../read-changes.ts'
import { FIELD_BY_NAME } from '../fields.ts'
import type { KeyName, LeadKey } from '../lead-key.ts'
import type { Warning } from '../refusal.ts'
import { BLANK } from '../cleaning/sendable-text.ts'

type Texts = Readonly<Record<string, string>>

/** The lead to add if VICIdial has none with an update's key. */
export interface Addition {
  /** VICIdial's parameters and their cleaned values, custom fields last. */
  readonly params: Readonly<Record<string, string>>
  /** The values as VICIdial stores them in the new lead, by column; custom fields as `custom_fields.<label>`. */
  readonly stored: Readonly<Record<string, string>>
  readonly warnings: readonly Warning[]
}

/** Columns that VICIdial sets itself when it adds a lead, whatever the call says. */
const SET_BY_VICIDIAL: ReadonlyMap<string, { readonly stored?: string; readonly detail: string }> = new Map([
  ['user', { detail: "On a new lead VICIdial sets the gateway's own account." }],
  ['called_count', { stored: '0', detail: 'VICIdial counts the calls of a new lead from 0.' }],
  ['gmt_offset_now', { detail: 'VICIdial looks it up from the phone number of a new lead.' }]
])
/** What a new lead holds where nothing is given. */
const DEFAULTS = { status: 'NEW', gender: '', called_count: '0' } as const
const NO_WARNINGS: readonly Warning[] = []

/** A new lead, of its key, its required columns and changes. It is composed when it is needed: most leads exist. */
export class ComposedAddition implements Addition {
  readonly #key: LeadKey
  readonly #required: Texts
  readonly #parts: readonly Changes[]
  #composed: Addition | undefined

  /** @param parts the update's changes, and those that only a new lead gets */
  constructor(key: LeadKey, required: Texts, parts: readonly Changes[]) {
    this.#key = key
    this.#required = required
    this.#parts = parts
  }

  get params(): Texts {
    return this.toJSON().params
  }

  get stored(): Texts {
    return this.toJSON().stored
  }

  get warnings(): readonly Warning[] {
    return this.toJSON().warnings
  }

  /** A parameter with a value that VICIdial would take for another parameter, as it does beside custom fields. */
  get parameterLike(): string | undefined {
    const isPlain = this.#parts.every(({ params }) => params['custom_fields'] === undefined)
    if (isPlain || this.params['custom_fields'] === undefined) return undefined
    return Object.entries(this.params).find(([, value]) => LOOKS_LIKE_PARAMETER.test(value))?.[0]
  }

  toJSON(): Addition {
    this.#composed ??= compose(this.#key, this.#required, this.#parts)
    return this.#composed
  }
}

/** On a new lead VICIdial stores the text that empties a field, so empty fields are left out. */
function compose(key: LeadKey, required: Texts, parts: readonly Changes[]): Addition {
  const params: Record<string, string> = { [key.by]: String(key.value), ...required }
  const stored: Record<string, string> = { ...DEFAULTS, ...params }
  const custom: Record<string, string> = {}
  const warnings: Warning[] = []
  for (const part of parts) {
    for (const name in part.stored) {
      if (name === key.by || required[name] !== undefined) continue
      const field = FIELD_BY_NAME.get(name)
      const label = field === undefined ? name.slice(CUSTOM.length) : undefined
      const kept = part.stored[name] ?? ''
      const send = part.params[field?.parameter ?? label ?? name] ?? kept
      const special = SET_BY_VICIDIAL.get(name)
      if (special !== undefined) {
        warnings.push({ field: name, code: 'added_otherwise', sent: kept, ...special })
        continue
      }
      // An update stores a new line of comments as !N, an addition as it is.
      stored[name] = name === 'comments' && send !== BLANK ? send : kept
      if (send === BLANK) continue
      if (label === undefined) params[field?.parameter ?? name] = send
      else custom[label] = send
    }
    warnings.push(...part.warnings)
  }
  const labels = Object.keys(custom)
  if (labels.length > 0) {
    params['custom_fields'] = 'Y'
    for (const label of labels.toSorted()) params[label] = custom[label] ?? ''
  }
  return {
    params,
    stored,
    warnings: warnings.length > 0 ? warnings.map((one) => asAdded(one, stored)) : NO_WARNINGS
  }
}

/** A warning with what the new lead holds. */
function asAdded(warning: Warning, { comments = '' }: Texts): Warning {
  return warning.field === 'comments' && warning.stored !== undefined
    ? { ...warning, stored: comments }
    : warning
}

/** The list that a lead is added to. */
export function listOf({ params }: Addition): string {
  return params['list_id'] ?? ''
}

/** The keys that the new lead can be found by. */
export function keysOf({ stored }: Addition): LeadKey[] {
  const names: Exclude<KeyName, 'lead_id'>[] = ['vendor_lead_code', 'phone_number']
  return names.flatMap((by) => {
    const value = stored[by] ?? ''
    return value === '' ? [] : [{ by, value }]
  })
}
