import type { CustomField } from '../../leads/custom-field.ts'
import { readListedCustomFields } from '../../vicidial/reply/listed-custom-fields.ts'
import type { ReplyKind } from '../../vicidial/reply/reply-kind.ts'
import { listCustomFieldsParams } from '../../vicidial/wire.ts'
import type { AccountCalls } from './account-calls.ts'
import type { Finding } from './step.ts'

/** Why VICIdial doesn't name the fields. */
const REFUSALS: Partial<Readonly<Record<ReplyKind, string>>> = {
  function_not_allowed: 'list_custom_fields is not among the functions that the user may call',
  no_permission: "the user's Modify Lists is 0, or its level below 8",
  function_unknown: 'this VICIdial does not know list_custom_fields'
}

/** Checks that the custom fields of the gateway file exist in VICIdial, and have a type. */
export async function checkCustomFields(
  calls: AccountCalls,
  configured: ReadonlyMap<string, CustomField>
): Promise<Finding> {
  if (configured.size === 0) {
    return { status: 'ok', detail: 'The gateway file lists no custom fields, so callers can set none.' }
  }
  const { kind, text } = await calls.ask(listCustomFieldsParams('all'))
  if (kind === 'custom_fields_disabled') {
    return {
      status: 'fault',
      detail: 'The gateway file lists custom fields, and VICIdial has custom fields switched off.',
      remedy: "Set Enable Custom Fields to 1 in VICIdial's system settings, or take custom_fields away."
    }
  }
  const lists = kind === 'other' ? readListedCustomFields(text) : []
  if (lists.length === 0) {
    const why = REFUSALS[kind] ?? 'VICIdial answered with no lists'
    return {
      status: 'skipped',
      detail: `Whether VICIdial has the custom fields of the gateway file cannot be told: ${why}. Updates don't need it.`
    }
  }
  const labels = new Set(lists.flatMap((list) => list.labels))
  const missing = [...configured.keys()].filter((label) => !labels.has(label))
  if (missing.length > 0) {
    return {
      status: 'warning',
      detail: `No list that the account may see has these custom fields of the gateway file: ${missing.join(', ')}. Updates of them fail (field_unknown).`,
      remedy: 'Write them as VICIdial has them; vicidial-gateway custom-fields --list all shows its labels.'
    }
  }
  const untyped = [...configured].filter(([, { type }]) => type === undefined).map(([label]) => label)
  if (untyped.length > 0) {
    return {
      status: 'warning',
      detail: `VICIdial has the custom fields of the gateway file, but these have no type, so their values are not checked: ${untyped.join(', ')}.`,
      remedy: 'Give each its type, as VICIdial has it, in custom_fields of the gateway file.'
    }
  }
  return {
    status: 'ok',
    detail: 'VICIdial has the custom fields of the gateway file. It does not tell their types.'
  }
}
