import type { ReplyKind } from '../../../vicidial/reply/reply-kind.ts'
import type { Reply } from '../../account/account-calls.ts'
import type { Finding } from '../step.ts'

/** A field of the test lead, as it was before the check. */
export interface Value {
  readonly name: string
  readonly value: string
}

/** Most characters of a text quoted in a question or a finding. */
const MAX_SHOWN = 20

/** The beginning of a text, for a question or a finding. */
export function shown(text: string): string {
  return text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text
}

/** None of the fields holds a value that could be restored exactly. */
export function unusable(lead: number, names: readonly string[]): Finding {
  return {
    status: 'skipped',
    detail: `Nothing was written to ${list(names)}: lead ${lead} has values there that could not be restored exactly.`,
    remedy: `Use another lead for --test-lead, preferably one with an empty ${names[0] ?? ''}.`
  }
}

function list(names: readonly string[]): string {
  return [names.slice(0, -1).join(', '), ...names.slice(-1)].filter((part) => part !== '').join(' or ')
}

const LIST_NOT_ALLOWED = [
  "the lead's list does not belong to a campaign that the user's group allows.",
  'Give --test-lead the id of a lead of an allowed list.'
] as const
/** Why a lead can't be read, and what to do. */
const UNREADABLE: Partial<Readonly<Record<ReplyKind, readonly [detail: string, remedy: string]>>> = {
  function_not_allowed: [
    'lead_field_info is not among the functions that the user may call.',
    "Select lead_field_info in API Allowed Functions of the user's page; you can remove it afterwards."
  ],
  no_permission: [
    'the user may not read leads by lead_field_info.',
    "In the user's page, set Agent API Access to 1 and Modify Leads to 1."
  ],
  function_unknown: ['this VICIdial does not know lead_field_info.', 'Update VICIdial.'],
  not_found: ['there is no such lead.', 'Give --test-lead the id of a lead that exists.'],
  list_not_allowed: LIST_NOT_ALLOWED,
  // The words of lead_field_info for the same.
  list_of_lead_not_found: LIST_NOT_ALLOWED
}

/** The lead's fields cannot be read. */
export function unreadable({ kind, why }: Reply, lead: number): Finding {
  const [detail, remedy] = UNREADABLE[kind] ?? [why ?? 'VICIdial gave an unknown answer.', 'Run this again.']
  return {
    status: 'fault',
    detail: `Nothing was written, because lead ${lead} cannot be read: ${detail}`,
    remedy
  }
}

/** A finding, with the field that it was tested in. */
export function seen(lead: number, field: string, { detail, ...finding }: Finding): Finding {
  return {
    ...finding,
    detail: `${detail} Tested in ${field} of lead ${lead}, which has its old value again.`
  }
}

/** The stored value could not be read. */
export function unread(lead: number, field: string): Finding {
  return {
    status: 'warning',
    detail: `The stored value could not be read. ${field} of lead ${lead} has its old value again.`,
    remedy: 'Run this again.'
  }
}

/** VICIdial stored something that fits none of the known settings. */
export function unexpected(lead: number, field: string, written: string): Finding {
  return {
    status: 'warning',
    detail: `VICIdial stored "${shown(written)}" in a way that fits no setting. ${field} of lead ${lead} has its old value again.`,
    remedy: "Check that VICIdial's database and PHP use UTF-8 throughout."
  }
}

/** VICIdial did not change the lead. */
export function notTaken(lead: number): Finding {
  return {
    status: 'fault',
    detail: `VICIdial did not change lead ${lead}.`,
    remedy: 'Give --test-lead the id of a lead of a list that the account may use.'
  }
}

/** Whether the old values were restored is unknown. */
export function notRestored(lead: number, values: readonly Value[]): Finding {
  const names = values.map(({ name }) => name).join(' and ')
  const was = values.map(({ name, value }) => `${name} was ${value === '' ? 'empty' : `"${value}"`}`)
  return {
    status: 'fault',
    detail: `${names} of lead ${lead} may be changed, and could not be confirmed as restored.`,
    remedy: `Open lead ${lead} in VICIdial and set it to what it was: ${was.join('; ')}.`
  }
}
