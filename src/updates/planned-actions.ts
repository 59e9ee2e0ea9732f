import { MAX_HOPPER_LEADS } from '../delivery/actions/hopper-queue.ts'
import type { Callback } from '../leads/actions/callback.ts'
import type { HopperOptions } from '../leads/actions/lead-actions.ts'
import {
  callbackParams,
  dncParams,
  hopperParams,
  leaveHopperParams,
  removeCallbackParams
} from '../vicidial/lead-params.ts'
import type { LeadChanges, Params } from '../vicidial/wire.ts'

type PlannedLead = LeadChanges<number | string>

/** The calls of the actions of updates, after all other calls. */
export function planActions(leads: readonly PlannedLead[]): Params[] {
  return [...leads.flatMap(singleCalls), ...hopperCalls(leads)]
}

/** A phone number that is known only after its lead is read is shown as `phone_number of` the lead. */
function singleCalls({ lead, changes }: PlannedLead): Params[] {
  const { dnc, callback, hopper } = changes.actions ?? {}
  return [
    ...(dnc === undefined ? [] : [dncParams('add', phoneNumberOf(lead, changes), dnc.campaign)]),
    ...(callback === 'remove' ? [removeCallbackParams(lead)] : []),
    ...(callback !== undefined && callback !== 'remove' ? [plannedCallback(lead, callback)] : []),
    ...(hopper === 'remove' ? [leaveHopperParams(lead)] : [])
  ]
}

function phoneNumberOf(lead: number | string, { stored }: PlannedLead['changes']): string {
  const [by, ...rest] = String(lead).split(':')
  const ofKey = by === 'phone_number' ? rest.join(':') : undefined
  return stored['phone_number'] ?? ofKey ?? `phone_number of ${lead}`
}

/** The time stays as in UTC: it is converted when VICIdial has said in which time zone it is. */
function plannedCallback(lead: number | string, callback: Callback): Params {
  return callbackParams(lead, new Date(callback.at).toISOString(), callback)
}

/** The calls that put leads into the hopper: those with the same options share calls. */
function hopperCalls(leads: readonly PlannedLead[]): Params[] {
  const queued = leads.flatMap(({ lead, changes: { actions } }) =>
    actions?.hopper === undefined || actions.hopper === 'remove' ? [] : [{ lead, options: actions.hopper }]
  )
  const groups = Map.groupBy(queued, ({ options }) => JSON.stringify(options))
  return [...groups.values()].flatMap((group) => callsOf(group))
}

function callsOf(
  group: readonly { readonly lead: number | string; readonly options: HopperOptions }[]
): Params[] {
  const [first] = group
  if (first === undefined) return []
  const leads = [...new Set(group.map(({ lead }) => lead))]
  const calls = Math.ceil(leads.length / MAX_HOPPER_LEADS)
  return Array.from({ length: calls }, (_, call) =>
    hopperParams(leads.slice(call * MAX_HOPPER_LEADS, (call + 1) * MAX_HOPPER_LEADS), first.options)
  )
}
