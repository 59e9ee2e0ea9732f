import type { Gateway } from '../helper.ts'
import { as, ended, store } from '../routes/jobs-of.ts'

/** Has an update of a lead given up, as VICIdial fails with it; needs SHORT_RETRY. Returns its job. */
export async function giveUp(
  gateway: Pick<Gateway, 'origin' | 'sandbox'>,
  lead: number,
  key: string
): Promise<string> {
  const called = 'batch_update_lead'
  gateway.sandbox.fail('500', { calls: 1_000, function: called })
  const id = await store(gateway, { lead_ids: [lead], fields: { status: 'CBHOLD' } }, as(key))
  await ended(gateway, id)
  gateway.sandbox.fail('500', { calls: 0, function: called })
  return id
}
