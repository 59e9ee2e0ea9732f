import { type Parameters, textOf } from './parameters.ts'
import { refusal, VicidialProblem } from './problem.ts'

/** What a response repeats of a lead that a call adds. */
export interface AddedLead {
  readonly phone: string
  readonly list: string
}

/** The members of a call's update that add its lead. */
export interface AddMembers {
  readonly on_missing: 'add'
  readonly add: Readonly<Record<string, unknown>>
}

/** The only check of `add_lead` that the gateway makes: it adds no second lead under a key. */
const KEPT_CHECK = 'DUPSYS'

/**
 * What a call says about the lead to add. As in VICIdial, `list_id_field` counts before `list_id`, and the other values are
 * set in a lead that is found, too.
 * @param by the key under which the lead is added
 * @param fields of its update
 */
export function readAdd(call: Parameters, by: string, fields: Readonly<Record<string, unknown>>): AddMembers {
  const list = fields['list_id'] === undefined ? given(call, 'list_id') : undefined
  const phone = by === 'phone_number' ? undefined : given(call, 'phone_number')
  return {
    on_missing: 'add',
    add: { ...(list !== undefined && { list_id: list }), ...(phone !== undefined && { phone_number: phone }) }
  }
}

/** The parts of a new lead that responses repeat. */
export function addedLead(call: Parameters): AddedLead {
  const list = textOf(call, 'list_id_field') ?? textOf(call, 'list_id') ?? ''
  return { phone: textOf(call, 'phone_number') ?? '', list }
}

/**
 * Checks the options of `add_lead`, and returns the other parameters. It is safe to repeat only if the gateway can tell the
 * lead by its vendor code or, with `duplicate_check=DUPSYS`, by its phone number.
 * @throws Problem invalid_request
 */
export function withoutDuplicateCheck(call: Parameters, user: string): Map<string, unknown> {
  const members = new Map(call)
  const check = given(call, 'duplicate_check')
  const hasCode = given(call, 'vendor_lead_code') !== undefined
  if (check === KEPT_CHECK && !hasCode) members.delete('duplicate_check')
  else if (check === undefined && !hasCode) {
    const detail =
      'add_lead needs a vendor_lead_code, or duplicate_check=DUPSYS: otherwise a repeat of the call would add the lead twice.'
    throw new VicidialProblem(`add_lead NO VALID KEY - ${user}|`, detail)
  } else if (check !== undefined) {
    const detail = `duplicate_check may be ${KEPT_CHECK}, without a vendor_lead_code. The gateway adds no second lead under one code.`
    throw refusal(detail, 'duplicate_check')
  }
  return members
}

function given(call: Parameters, name: string): unknown {
  const value = call.get(name)
  return value === '' || value === null ? undefined : value
}
