import { CAMPAIGN_RULE, isCampaign } from './campaign.ts'
import { CALLBACK_COMMENTS, FIELD_BY_NAME, type Field } from '../fields.ts'
import { isObject } from '../is-object.ts'
import { readTime } from '../cleaning/numbers-and-dates.ts'
import { echo, jsonInText, type PointedRefusal, pointer, type Refusal, type Warning } from '../refusal.ts'
import { allows, type Rights } from '../rights.ts'
import type { ServerRules } from '../server-rules.ts'

/** A callback to book, or to move: a lead has one. */
export interface Callback {
  /** Milliseconds since the epoch. */
  readonly at: number
  readonly campaign: string
  /** The agent who must call; absent: any. */
  readonly user?: string
  /** The status that VICIdial gives the lead when it is due; absent: VICIdial's own. */
  readonly status?: string
  readonly comments?: string
}

const MEMBERS = ['at', 'campaign_id', 'type', 'user', 'status', 'comments']
/** VICIdial's words for who calls. */
const TYPES = ['ANYONE', 'USERONLY']
/** The last day that both VICIdial's database and the time zones of its server know. */
const LATEST = Date.UTC(9999, 0, 1)

/**
 * Reads `callback`. Adds every refusal, with a JSON Pointer into the update, and what the comments lose to `warnings`.
 * VICIdial would store a date that it can't read as 0000-00-00 and say that the callback was added, so it is checked here.
 */
export function readCallback(
  given: unknown,
  { clean, rights }: Pick<ServerRules, 'clean'> & { readonly rights: Rights },
  refusals: PointedRefusal[],
  warnings: Warning[]
): Callback | 'remove' | undefined {
  if (given === 'remove') return given
  if (!isObject(given)) {
    const detail = `callback must be "remove", or an object with at and campaign_id.${jsonInText(given)}`
    refusals.push({ code: 'field_invalid', field: 'callback', detail, pointer: pointer('callback') })
    return undefined
  }
  const before = refusals.length
  const refuse = (name: string, { code, detail }: Refusal) => {
    refusals.push({ code, field: `callback.${name}`, detail, pointer: pointer('callback', name) })
  }
  const unknown = Object.keys(given).find((name) => !MEMBERS.includes(name))
  if (unknown !== undefined) {
    const detail = `callback has no such property; it has ${MEMBERS.join(', ')}.`
    refuse(echo(unknown), { code: 'field_unknown', detail })
  }
  const text = (name: 'user' | 'status' | 'comments', field: Field | undefined) => {
    if (given[name] === undefined || field === undefined) return undefined
    const cleaned = clean(field, given[name] ?? '')
    if ('code' in cleaned) {
      refuse(name, cleaned)
      return undefined
    }
    warnings.push(...cleaned.warnings)
    return cleaned.send
  }
  const { at: time, campaign_id: campaign, type } = given
  const at = typeof time === 'string' ? readTime(time) : undefined
  if (at === undefined || at >= LATEST || at < 0)
    refuse('at', {
      code: 'field_invalid',
      detail: 'at must be a time with its offset (RFC 3339), like 2027-01-31T09:00:00-05:00.'
    })
  if (!isCampaign(campaign))
    refuse('campaign_id', {
      code: 'field_invalid',
      detail: `${CAMPAIGN_RULE}: VICIdial books no callback without a campaign.`
    })
  const user = text('user', FIELD_BY_NAME.get('user'))
  const status = text('status', FIELD_BY_NAME.get('status'))
  const comments = text('comments', CALLBACK_COMMENTS)
  const isForOne = given['user'] !== undefined
  if (type !== undefined && type !== (isForOne ? 'USERONLY' : 'ANYONE')) {
    const detail = TYPES.some((one) => one === type)
      ? 'USERONLY needs the user who must call, and ANYONE takes none.'
      : `type must be one of ${TYPES.join(', ')}.`
    refuse('type', { code: 'field_invalid', detail })
  }
  if (status !== undefined && !allows(rights.statuses, status)) {
    const detail = `This caller may not set the status ${status} (permissions.statuses).`
    refuse('status', { code: 'field_not_allowed', detail })
  }
  if (refusals.length > before || at === undefined || !isCampaign(campaign)) return undefined
  return {
    at,
    campaign,
    ...(user !== undefined && { user }),
    ...(status !== undefined && { status }),
    ...(comments !== undefined && { comments })
  }
}
