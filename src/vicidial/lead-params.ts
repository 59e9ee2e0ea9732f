import type { Callback } from '../leads/actions/callback.ts'
import type { HopperOptions } from '../leads/actions/lead-actions.ts'
import { type Addition, listOf } from '../leads/adding/addition.ts'
import type { Params } from './wire.ts'

/** What a new lead has beside its values. */
export interface NewLead {
  /** VICIdial's digits; also the key if the lead is named by it. */
  readonly phoneNumber: string
  readonly phoneCode: string
  readonly list: number
}

/** Instead of a campaign id, in the functions about do-not-call numbers. */
export const WHOLE_SYSTEM = 'SYSTEM_INTERNAL'

/**
 * Writes a call that updates the lead with a key, or adds one. A repeat updates the lead that the first
 * one added.
 *
 * @param values of the lead by VICIdial's parameters, without empty ones: an insert would store `--BLANK--`
 */
export function upsertParams(
  by: 'vendor_lead_code' | 'phone_number',
  key: string,
  { phoneNumber, phoneCode, list }: NewLead,
  values: Readonly<Record<string, string>>
): Params {
  return {
    function: 'update_lead',
    search_method: by.toUpperCase(),
    ...values,
    phone_number: phoneNumber,
    phone_code: phoneCode,
    list_id: String(list),
    [by]: key,
    insert_if_not_found: 'Y',
    records: '1'
  }
}

/** The new lead of an addition. */
export function newLeadOf(addition: Addition): NewLead {
  const { phone_number: phoneNumber = '', phone_code: phoneCode = '' } = addition.params
  return { phoneNumber, phoneCode, list: Number(listOf(addition)) }
}

/** Writes the call of an addition, whose lead is known by one of its keys. */
export function additionParams(by: 'vendor_lead_code' | 'phone_number', addition: Addition): Params {
  return upsertParams(by, addition.params[by] ?? '', newLeadOf(addition), addition.params)
}

/** Writes a call that puts leads into the hopper, each into that of its list's campaign. */
export function hopperParams(leads: readonly (number | string)[], options: HopperOptions): Params {
  return {
    function: 'hopper_bulk_insert',
    lead_ids: leads.join(','),
    hopper_priority: String(options.priority),
    hopper_local_call_time_check: options.checksCallTime ? 'Y' : 'N',
    records: String(leads.length)
  }
}

/** Writes a call that takes a lead out of the hopper, and changes nothing else. */
export function leaveHopperParams(lead: number | string): Params {
  return {
    function: 'update_lead',
    lead_id: String(lead),
    no_update: 'Y',
    remove_from_hopper: 'Y',
    records: '1'
  }
}

/**
 * Writes a call that adds a lead's callback, or changes the one that is there. VICIdial checks no date.
 * @param at in VICIdial's local time, like `2026-01-31 08:00:00`
 */
export function callbackParams(
  lead: number | string,
  at: string,
  { campaign, user, status, comments }: Omit<Callback, 'at'>
): Params {
  return {
    function: 'update_lead',
    lead_id: String(lead),
    campaign_id: campaign,
    callback: 'Y',
    callback_datetime: at,
    callback_type: user === undefined ? 'ANYONE' : 'USERONLY',
    ...(user !== undefined && { callback_user: user }),
    ...(status !== undefined && { callback_status: status }),
    ...(comments !== undefined && { callback_comments: comments }),
    records: '1'
  }
}

/** Writes a call that removes a lead's callbacks. */
export function removeCallbackParams(lead: number | string): Params {
  return { function: 'update_lead', lead_id: String(lead), callback: 'REMOVE', records: '1' }
}

/**
 * Writes a call that adds a number to those that must not be called, or removes it.
 *
 * @param campaign the campaign that must not call it; undefined: all campaigns
 */
export function dncParams(change: 'add' | 'delete', phoneNumber: string, campaign?: string): Params {
  return {
    function: `${change}_dnc_phone`,
    phone_number: phoneNumber,
    campaign_id: campaign ?? WHOLE_SYSTEM,
    records: '1'
  }
}

/** Writes a call that reads what VICIdial has of a list. */
export function listInfoParams(list: string): Params {
  return { function: 'list_info', list_id: list, stage: 'tab', header: 'NO', records: '1' }
}
