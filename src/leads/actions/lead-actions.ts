import { type Callback, readCallback } from './callback.ts'
import { CAMPAIGN_RULE, isCampaign } from './campaign.ts'
import { isObject } from '../is-object.ts'
import { echo, jsonInText, type PointedRefusal, pointer, type Warning } from '../refusal.ts'
import { allows, type Rights } from '../rights.ts'
import type { ServerRules } from '../server-rules.ts'

/** How a lead goes into the hopper. */
export interface HopperOptions {
  /** -99 to 99; a higher one is dialled earlier. */
  readonly priority: number
  /** Whether VICIdial refuses a lead that must not be called at this time of its day. */
  readonly checksCallTime: boolean
}

/** What is done with a lead once its fields are set. */
export interface LeadActions {
  readonly hopper?: HopperOptions | 'remove'
  readonly callback?: Callback | 'remove'
  /** Adds the lead's own phone number to those that must not be called: by a campaign, or by nobody. */
  readonly dnc?: { readonly campaign?: string }
}

export type ActionName = keyof LeadActions
/** In the order in which they are done: a lead is dialled only when all else is set. */
export const ACTION_NAMES = ['dnc', 'callback', 'hopper'] as const satisfies readonly ActionName[]

/** The permissions that the actions need, among `routes`. */
export const ACTION_PERMISSIONS = {
  dnc: 'dnc',
  callback: 'callbacks',
  hopper: 'hopper'
} as const satisfies Readonly<Record<ActionName, string>>

/** How an action ended. `failed`: it was not done; `unknown`: it may have been. The error or a warning says why. */
const ENDS = ['failed', 'unknown'] as const
export const HOPPER_RESULTS = [
  'added',
  'already_there',
  'outside_call_time',
  'campaign_unknown',
  'removed',
  'not_there',
  'being_called',
  ...ENDS
] as const
export const CALLBACK_RESULTS = [
  'added',
  'updated',
  'removed',
  'not_there',
  'campaign_unknown',
  'user_unknown',
  ...ENDS
] as const
export const DNC_RESULTS = ['added', 'already_there', 'removed', 'not_there', ...ENDS] as const

/** How the actions of an update ended. */
export interface ActionResults {
  readonly hopper?: (typeof HOPPER_RESULTS)[number]
  readonly callback?: (typeof CALLBACK_RESULTS)[number]
  readonly dnc?: (typeof DNC_RESULTS)[number]
}

const MAX_PRIORITY = 99
const HOPPER_MEMBERS = ['priority', 'local_call_time_check']

export interface ActionRules extends Pick<ServerRules, 'clean'> {
  readonly rights: Rights
}

/** The actions of a request or an update, and what their texts lose. */
export interface ReadActions {
  readonly actions: LeadActions
  readonly warnings: readonly Warning[]
}

/**
 * Reads the actions of a request or an update; `defaults` are those of the request, of which an update replaces each by its
 * own. Adds every refusal, with a JSON Pointer. Returns undefined without actions.
 */
export function readActions(
  element: Readonly<Record<string, unknown>>,
  defaults: ReadActions | undefined,
  rules: ActionRules,
  refusals: PointedRefusal[]
): ReadActions | undefined {
  const given = ACTION_NAMES.filter((name) => element[name] !== undefined)
  if (given.length === 0) return defaults
  const warnings: Warning[] = []
  const { hopper, callback, dnc } = element
  const own: LeadActions = {
    ...defined('hopper', hopper === undefined ? undefined : noted(readHopper(hopper), refusals)),
    ...defined(
      'callback',
      callback === undefined ? undefined : readCallback(callback, rules, refusals, warnings)
    ),
    ...defined('dnc', dnc === undefined || dnc === false ? undefined : noted(readDnc(dnc), refusals))
  }
  const kept = defaults?.warnings.filter(() => callback === undefined) ?? []
  const ofRequest = dnc === false ? withoutActions(defaults?.actions, ['dnc']) : defaults?.actions
  const actions = { ...ofRequest, ...own }
  return Object.keys(actions).length === 0 ? undefined : { actions, warnings: [...kept, ...warnings] }
}

function isRefusal(read: object | string): read is PointedRefusal {
  return typeof read === 'object' && 'pointer' in read
}

/** A value, or undefined for a refusal, which is added to the others. */
function noted<Value extends object | string>(
  read: Value | PointedRefusal,
  refusals: PointedRefusal[]
): Value | undefined {
  if (!isRefusal(read)) return read
  refusals.push(read)
  return undefined
}

function defined<Name extends ActionName>(name: Name, value: LeadActions[Name] | undefined): LeadActions {
  return value === undefined ? {} : { [name]: value }
}

/** The first action that a caller may not do, as a refusal; undefined if it may do each. */
export function actionRefusal(actions: LeadActions, rights: Rights): PointedRefusal | undefined {
  const name = forbiddenAction(actions, rights)
  if (name === undefined) return undefined
  const permission = ACTION_PERMISSIONS[name]
  const detail = `This caller may not use ${name} ("${permission}" in permissions.routes).`
  return { code: 'field_not_allowed', field: name, detail, pointer: pointer(name) }
}

/** The first action that `rights` lack. */
export function forbiddenAction(actions: LeadActions, rights: Rights): ActionName | undefined {
  return ACTION_NAMES.find(
    (name) => actions[name] !== undefined && !allows(rights.actions, ACTION_PERMISSIONS[name])
  )
}

/** Whether two updates do the same with their lead. */
export function areSameActions(a: LeadActions | undefined, b: LeadActions | undefined): boolean {
  return a === b || JSON.stringify(a) === JSON.stringify(b)
}

/** Actions without some; undefined if none is left. */
export function withoutActions(
  actions: LeadActions | undefined,
  names: readonly string[]
): LeadActions | undefined {
  if (actions === undefined) return undefined
  const left = Object.entries(actions).filter(([name]) => !names.includes(name))
  return left.length === 0 ? undefined : Object.fromEntries(left)
}

function readHopper(given: unknown): NonNullable<LeadActions['hopper']> | PointedRefusal {
  if (given === 'remove') return given
  if (!isObject(given)) {
    const members = HOPPER_MEMBERS.join(' and ')
    return invalid(`hopper must be "remove", or an object with ${members}.${jsonInText(given)}`, 'hopper')
  }
  const unknown = Object.keys(given).find((name) => !HOPPER_MEMBERS.includes(name))
  if (unknown !== undefined) {
    const detail = `hopper has no such property; it has ${HOPPER_MEMBERS.join(', ')}.`
    return invalid(detail, 'hopper', echo(unknown))
  }
  const { priority = 0, local_call_time_check: checksCallTime = false } = given
  if (typeof priority !== 'number' || !Number.isInteger(priority) || Math.abs(priority) > MAX_PRIORITY) {
    const detail = `priority must be an integer from -${MAX_PRIORITY} to ${MAX_PRIORITY}.`
    return invalid(detail, 'hopper', 'priority')
  }
  if (typeof checksCallTime !== 'boolean')
    return invalid('local_call_time_check must be true or false.', 'hopper', 'local_call_time_check')
  return { priority, checksCallTime }
}

function readDnc(given: unknown): NonNullable<LeadActions['dnc']> | PointedRefusal {
  if (given === true) return {}
  const names = isObject(given) ? Object.keys(given) : []
  if (!isObject(given) || names.join() !== 'campaign_id')
    return invalid(`dnc must be true, or an object with a campaign_id.${jsonInText(given)}`, 'dnc')
  const { campaign_id: campaign } = given
  return isCampaign(campaign) ? { campaign } : invalid(`${CAMPAIGN_RULE}.`, 'dnc', 'campaign_id')
}

function invalid(detail: string, ...path: string[]): PointedRefusal {
  return { code: 'field_invalid', field: path.join('.'), detail, pointer: pointer(...path) }
}
