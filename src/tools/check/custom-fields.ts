import type { CustomField } from '../../leads/cleaning/custom-field.ts'
import type { AccountCalls } from '../account/account-calls.ts'
import { listCustomFields } from '../account/list-custom-fields.ts'
import type { Finding } from './step.ts'

/** Checks that VICIdial has the custom fields of the gateway file, and that the file gives each a type. */
export async function checkCustomFields(
  calls: AccountCalls,
  configured: ReadonlyMap<string, CustomField>
): Promise<Finding> {
  if (configured.size === 0) {
    return { status: 'ok', detail: 'The gateway file lists no custom fields, so callers can set none.' }
  }
  const lists = await listCustomFields(calls, 'all')
  if ('kind' in lists) {
    if (lists.kind === 'custom_fields_disabled') {
      return {
        status: 'fault',
        detail: 'The gateway file lists custom fields, and VICIdial has custom fields switched off.',
        remedy: "Set Enable Custom Fields to 1 in VICIdial's system settings, or remove custom_fields."
      }
    }
    return {
      status: 'skipped',
      detail: `Whether VICIdial has the custom fields of the gateway file could not be determined. ${lists.why} Updates don't need this.`
    }
  }
  const labels = new Set(lists.flatMap((list) => list.labels))
  const missing = [...configured.keys()].filter((label) => !labels.has(label))
  if (missing.length > 0) {
    return {
      status: 'warning',
      detail: `No list that the account may see has these custom fields of the gateway file: ${missing.join(', ')}. Updates of them fail (field_unknown).`,
      remedy: "Correct them: vicidial-gateway custom-fields --list all shows VICIdial's labels."
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
    detail:
      'VICIdial has the custom fields of the gateway file. It does not report their types, so these are not compared.'
  }
}
