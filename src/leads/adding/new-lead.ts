import { ADD_MEMBERS, readAddition } from './read-addition.ts'
import { NO_CHANGES } from '../changes.ts'
import { type ChangesRules, MAX_REFUSALS } from '../read-changes.ts'
import type { PointedRefusal, Warning } from '../refusal.ts'
import type { RejectedUpdate, Update } from '../update.ts'
import { KnownChanges } from '../known-changes.ts'
import { readOwnKey } from '../read-update.ts'
import type { UpdateOptions } from '../update-options.ts'

/** Where `readAddition` looks for what a request has in its own members. */
const OF_ADD = /^\/add(?:\/fields)?/

/**
 * Reads a request to add one lead that must be new: fields as members, and `custom_fields`. It is known by its
 * `vendor_lead_code` or, without one, by its `phone_number`. Returns every refusal with a JSON Pointer; never throws.
 */
export function readNewLead(
  members: Readonly<Record<string, unknown>>,
  options: Pick<UpdateOptions, 'onLossy' | 'onInvalid' | 'onMultiple' | 'verify'>,
  rules: ChangesRules
): Update | RejectedUpdate {
  const refusals: PointedRefusal[] = []
  const warnings: Warning[] = []
  const by = members['vendor_lead_code'] === undefined ? 'phone_number' : 'vendor_lead_code'
  const key = readOwnKey(by, members, options.onLossy, rules, refusals, warnings)
  const add: Record<string, unknown> = {}
  const fields: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(members)) {
    if (name === by) continue
    if (name !== 'fields' && (ADD_MEMBERS as readonly string[]).includes(name)) add[name] = value
    else fields[name] = value
  }
  const addition = readAddition({ ...add, fields }, key, NO_CHANGES, options, rules, refusals)
  if (key !== undefined && addition !== undefined && refusals.length === 0) {
    const { params, stored } = addition
    const warned = { params, stored, warnings: [...warnings, ...addition.warnings] }
    return {
      index: 0,
      key,
      onMultiple: options.onMultiple,
      changes: new KnownChanges().sampled(NO_CHANGES, options.verify),
      addition: warned,
      mustBeNew: true
    }
  }
  const pointed = refusals.slice(0, MAX_REFUSALS).map((refusal) => ({
    ...refusal,
    pointer: refusal.pointer.replace(OF_ADD, '')
  }))
  return { index: 0, key, refusals: pointed }
}
