import { SOURCE } from '../vicidial/wire.ts'
import { MAX_REFUSALS } from '../leads/read-changes.ts'
import { CAMPAIGN_RULE, isCampaign } from '../leads/actions/campaign.ts'
import { type DncChange, readDncNumber } from '../leads/actions/dnc.ts'
import { isObject } from '../leads/is-object.ts'
import { jsonInText, type PointedRefusal, pointer } from '../leads/refusal.ts'
import { SimilarNames } from '../leads/similar-names.ts'
import type { RejectedUpdate, Update } from '../leads/update.ts'
import type { Batch, BatchFault, BatchRules } from './batch.ts'

const PROPERTIES = ['phone_numbers', 'campaign_id', 'source', 'dry_run']
const SIMILAR_PROPERTIES = new SimilarNames(PROPERTIES, {
  phone_number: 'phone_numbers',
  numbers: 'phone_numbers',
  campaign: 'campaign_id'
})

/**
 * Reads the body of a request to add numbers to those that must not be called: an entry for each number, in order. A fault
 * in a number is that entry's refusal, any other one the request's. Never throws.
 */
export function readDncRequest(body: unknown, rules: BatchRules): Batch | BatchFault {
  if (!isObject(body))
    return fault('', `The body must be a JSON object with phone_numbers.${jsonInText(body)}`)
  const { phone_numbers: numbers, campaign_id: campaign, source, dry_run: dryRun = false } = body
  const refusals: { pointer: string; code: string; detail: string }[] = []
  const refuse = (name: string, code: string, detail: string) => {
    refusals.push({ pointer: pointer(name), code, detail })
  }
  for (const name in body) {
    if (refusals.length >= MAX_REFUSALS) break
    if (!PROPERTIES.includes(name)) refuse(name, 'field_unknown', unknownProperty(name))
  }
  if (campaign !== undefined && !isCampaign(campaign))
    refuse('campaign_id', 'field_invalid', `${CAMPAIGN_RULE}; leave it out for the whole system.`)
  if (source !== undefined && !(typeof source === 'string' && SOURCE.test(source)))
    refuse('source', 'field_invalid', 'source must be 2 to 20 letters and digits.')
  if (typeof dryRun !== 'boolean') refuse('dry_run', 'field_invalid', 'dry_run must be true or false.')
  if (refusals.length > 0) return { code: 'invalid_request', errors: refusals }
  if (!Array.isArray(numbers))
    return fault('/phone_numbers', `phone_numbers must be an array of strings.${jsonInText(numbers)}`)
  if (numbers.length === 0) return fault('/phone_numbers', 'phone_numbers is empty: there is nothing to do.')
  if (numbers.length > rules.maxUpdates) {
    const detail = `${numbers.length} numbers in one request; ${rules.maxUpdates} are taken. Send them in parts.`
    const errors = [{ pointer: '/phone_numbers', code: 'payload_too_large', detail }]
    return { code: 'payload_too_large', errors }
  }
  const id = typeof campaign === 'string' ? campaign : undefined
  return {
    entries: numbers.map((number: unknown, index) =>
      dncEntry('add', number, id, index, ['phone_numbers', index], rules)
    ),
    source: typeof source === 'string' ? source : undefined,
    dryRun: dryRun === true
  }
}

/** Reads one number of a request. */
export function dncEntry(
  change: DncChange['change'],
  number: unknown,
  campaign: string | undefined,
  index: number,
  path: readonly (string | number)[],
  rules: Pick<BatchRules, 'clean' | 'defaults'>
): Update | RejectedUpdate {
  const changes: Update['changes'] | PointedRefusal = readDncNumber(change, number, campaign, path, rules)
  if ('code' in changes) return { index, key: undefined, refusals: [changes] }
  const key = { by: 'phone_number', value: changes.params['phone_number'] ?? '' } as const
  return { index, key, onMultiple: 'reject', changes }
}

function unknownProperty(name: string): string {
  const similar = SIMILAR_PROPERTIES.find(name)
  const has = `it has ${PROPERTIES.join(', ')}.`
  return `A request has no such property; ${similar === undefined ? has : `did you mean ${similar}?`}`
}

function fault(at: string, detail: string): BatchFault {
  return { code: 'invalid_request', errors: [{ pointer: at, code: 'invalid_request', detail }] }
}
