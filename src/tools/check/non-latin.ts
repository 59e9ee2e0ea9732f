import type { NonLatin } from '../../leads/cleaning/column-text.ts'
import type { AccountCalls } from '../account/account-calls.ts'
import { emptyCall } from '../../vicidial/wire.ts'
import type { Finding } from './step.ts'
import { isNothingAsked } from '../../vicidial/reply/reply-kind.ts'

/** VICIdial strips `source` by the same rule as a lead's values, and rejects one that becomes too short. */
const SOURCE = 'éé'

/**
 * Checks which letters VICIdial keeps (`use_non_latin`), without changing anything. With 0, VICIdial strips the source
 * to nothing and rejects it.
 */
export async function checkNonLatin(calls: AccountCalls, configured: NonLatin): Promise<Finding> {
  const { kind } = await calls.ask(emptyCall('update_lead'), SOURCE)
  if (kind === 'invalid_source') return compareNonLatin(0, configured)
  if (isNothingAsked(kind) || kind === 'function_not_allowed' || kind === 'no_permission') {
    return compareNonLatin(1, configured)
  }
  return {
    status: 'skipped',
    detail: 'Which letters VICIdial keeps (use_non_latin) could not be determined.'
  }
}

/** Compares VICIdial's setting with the gateway's. */
export function compareNonLatin(found: NonLatin, configured: NonLatin): Finding {
  const keeps = found === 0 ? 'only letters A to Z' : 'letters of all alphabets'
  const detail = `VICIdial keeps ${keeps} (use_non_latin=${found})`
  const settings = { VICIDIAL_NON_LATIN: String(found) }
  if (found === configured)
    return { status: 'ok', detail: `${detail}, as VICIDIAL_NON_LATIN says.`, settings }
  const remedy = `Set VICIDIAL_NON_LATIN=${found}.`
  return found === 0
    ? {
        status: 'fault',
        detail: `${detail}, and VICIDIAL_NON_LATIN is 1: the gateway reports José as stored, and VICIdial stores Jos.`,
        remedy,
        settings
      }
    : {
        status: 'warning',
        detail: `${detail}, and VICIDIAL_NON_LATIN is 0: the gateway stores José as Jose, though VICIdial could store José.`,
        remedy,
        settings
      }
}
