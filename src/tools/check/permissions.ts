import type { AccountCalls, Reply } from '../account/account-calls.ts'
import { denialOf } from './login.ts'
import { hopperParams } from '../../vicidial/lead-params.ts'
import { isNothingAsked, isRefusal } from '../../vicidial/reply/reply-kind.ts'
import { emptyCall, type Params } from '../../vicidial/wire.ts'
import type { ACTION_STEPS, Finding, READ_STEPS } from './step.ts'

/** A function that the gateway calls. */
type UsedFunction =
  | 'batch_update_lead'
  | 'update_lead'
  | 'lead_search'
  | (typeof READ_STEPS)[number]
  | (typeof ACTION_STEPS)[number]

/** What the gateway can't do without a function. */
const WITHOUT: Readonly<Record<UsedFunction, string>> = {
  batch_update_lead: 'The gateway needs it for nearly every update.',
  update_lead: 'Without it, no phone number and no custom field can be changed, and no lead be added.',
  lead_search: 'Without it, no update can name its lead by vendor_lead_code or phone_number.',
  lead_all_info: 'Without it, no lead can be read and no update verified.',
  lead_field_info:
    'Without it, no lead with an apostrophe or a tab in a value can be read or verified, and if a call that adds a lead is lost, it cannot be known whether it has added one.',
  hopper_bulk_insert: 'Without it, no lead can be put into the hopper.',
  add_dnc_phone: 'Without it, no number can be added to those that must not be called.',
  delete_dnc_phone: 'Without it, no number can be removed from those that must not be called.'
}

/** Functions whose probe names a lead that does not exist. */
const ANSWERS_NOT_FOUND: ReadonlySet<UsedFunction> = new Set(['lead_all_info', 'hopper_bulk_insert'])

/** The settings of the user's page that a function needs besides those of `batch_update_lead`. */
const SETTINGS: Partial<Readonly<Record<UsedFunction, string>>> = {
  lead_all_info: 'View Reports to 1, and Agent API Access and Modify Leads to 1',
  hopper_bulk_insert: 'Modify Campaigns to 1, and Agent API Access to 1',
  add_dnc_phone: 'Modify Lists to 1',
  delete_dnc_phone: 'Modify Lists and Delete From DNC Lists to 1'
}

/** A harmless call of a function. */
export function probeOf(name: UsedFunction): Params {
  return name === 'hopper_bulk_insert'
    ? hopperParams([0], { priority: 0, checksCallTime: false })
    : emptyCall(name)
}

/** Checks whether the account may call a function, by the reply to its probe. */
export async function checkPermission(
  name: UsedFunction,
  { kind, why }: Reply,
  calls: AccountCalls
): Promise<Finding> {
  if (isNothingAsked(kind) || (ANSWERS_NOT_FOUND.has(name) && kind === 'not_found'))
    return { status: 'ok', detail: `${name} is permitted.` }
  const settings = SETTINGS[name]
  if (settings !== undefined && kind === 'no_permission') {
    return {
      status: 'fault',
      detail: `${name} is not permitted. ${WITHOUT[name]}`,
      remedy: `In the user's page, set ${settings}.`
    }
  }
  if (kind === 'function_not_allowed') {
    return {
      status: 'fault',
      detail: `${name} is not among the functions that the user may call. ${WITHOUT[name]}`,
      remedy: `Select ${name} in API Allowed Functions of the user's page.`
    }
  }
  if (kind === 'function_unknown') {
    return {
      status: 'fault',
      detail: `This VICIdial does not know ${name}. ${WITHOUT[name]}`,
      remedy: 'Update VICIdial: batch_update_lead came with build 210917-1615, lead_search with 211027-0845.'
    }
  }
  if (kind === 'no_permission') {
    const { detail, remedy = '' } = await denialOf(calls)
    return { status: 'fault', detail: `${name} is not permitted. ${detail}`, remedy }
  }
  if (kind === 'group_missing') {
    return {
      status: 'fault',
      detail: `${name} is not permitted: the user's lists are restricted to those of its user group, which does not exist.`,
      remedy: "Choose a User Group that exists in the user's page."
    }
  }
  if (isRefusal(kind)) {
    return {
      status: 'fault',
      detail: `VICIdial accepted the login before and refuses it now: it was changed or locked in between. No call was made after that.`,
      remedy: 'Run this again.'
    }
  }
  if (kind === 'invalid_source') {
    return {
      status: 'fault',
      detail: 'VICIdial refuses the source of the calls.',
      remedy: 'Set VICIDIAL_SOURCE to 2 to 20 letters and digits.'
    }
  }
  return {
    status: 'fault',
    detail: `Whether ${name} is permitted could not be determined. ${why ?? 'VICIdial gave an unknown answer.'}`,
    remedy: "Look at the error log of VICIdial's web server, and run this again."
  }
}
