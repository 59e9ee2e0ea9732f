import { type Changes, changesOf } from '../changes.ts'
import { FIELD_BY_NAME } from '../fields.ts'
import { lossRefused } from '../read-changes.ts'
import { listGiven, type PointedRefusal, pointer, type Refusal } from '../refusal.ts'
import type { ServerRules } from '../server-rules.ts'
import type { UpdateOptions } from '../update-options.ts'

/** A number to add to those that must not be called, or to remove from them. */
export interface DncChange {
  readonly change: 'add' | 'delete'
  /** Digits. */
  readonly phoneNumber: string
  /** The campaign that must not call it; undefined: nobody may. */
  readonly campaign: string | undefined
}

const FUNCTIONS = { add: 'add_dnc_phone', delete: 'delete_dnc_phone' } as const
/** The name of the list of the whole system in `Changes.stored`; that of a campaign follows a dot. */
const LIST = 'dnc'
/** VICIdial takes no shorter numbers. Source: CONTRACT-SYNC.md, do-not-call. */
const MIN_DIGITS = 6

/**
 * Reads a number to add or remove. Its changes set no field of a lead: they are delivered as any update, so that those of
 * one number take effect in the order in which they were accepted.
 * @param path of the number in the request
 */
export function readDncNumber(
  change: DncChange['change'],
  value: unknown,
  campaign: string | undefined,
  path: readonly (string | number)[],
  { clean, defaults }: Pick<ServerRules, 'clean'> & { defaults: Pick<UpdateOptions, 'onLossy'> }
): Changes | PointedRefusal {
  const refuse = (refusal: Refusal): PointedRefusal => ({ ...refusal, pointer: pointer(...path) })
  const field = FIELD_BY_NAME.get('phone_number')
  if (field === undefined || typeof value !== 'string') {
    const detail = `A phone number is a string of digits.${listGiven(value)}`
    return refuse({ code: 'field_invalid', field: 'phone_number', detail })
  }
  const cleaned = clean(field, value)
  if ('code' in cleaned) return refuse(cleaned)
  const { send: phoneNumber, warnings } = cleaned
  const [loss] = warnings
  if (defaults.onLossy === 'reject' && loss !== undefined) return refuse(lossRefused('phone_number', loss))
  if (phoneNumber.length < MIN_DIGITS) {
    const detail = `VICIdial takes numbers of ${MIN_DIGITS} digits or more.`
    return refuse({ code: 'field_invalid', field: 'phone_number', detail })
  }
  return { ...changesOfDnc({ change, phoneNumber, campaign }), warnings }
}

/** A number to add or remove, as changes. */
export function changesOfDnc({ change, phoneNumber, campaign }: DncChange): Changes {
  const params = { phone_number: phoneNumber, ...(campaign !== undefined && { campaign_id: campaign }) }
  // VICIdial does not tell capitals of campaigns apart.
  const list = campaign === undefined ? LIST : `${LIST}.${campaign.toUpperCase()}`
  return changesOf(FUNCTIONS[change], params, { [list]: change === 'add' ? 'Y' : 'N' }, [])
}

/** Whether changes are about a number, and no lead's. */
export function isDnc({ function: called }: Pick<Changes, 'function'>): boolean {
  return called === FUNCTIONS.add || called === FUNCTIONS.delete
}

/** The number that changes add or remove; undefined if they are a lead's. */
export function dncOf(changes: Changes): DncChange | undefined {
  if (!isDnc(changes)) return undefined
  const { phone_number: phoneNumber = '', campaign_id: campaign } = changes.params
  return { change: changes.function === FUNCTIONS.add ? 'add' : 'delete', phoneNumber, campaign }
}
