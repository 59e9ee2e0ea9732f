import { FAILING_QUERY } from '../../vicidial/wire.ts'
import type { AccountCalls } from '../account/account-calls.ts'
import type { Finding } from './step.ts'

/** Checks how VICIdial's PHP handles a failed query, with one that can't succeed and changes nothing. */
export async function checkFailedQueries(calls: AccountCalls): Promise<Finding> {
  const { kind, httpStatus, text } = await calls.ask(FAILING_QUERY)
  if (httpStatus === 500 && text === '') {
    return { status: 'ok', detail: 'A failed query ends its call with HTTP 500: PHP is 8.1 or later.' }
  }
  if (kind === 'not_found') {
    return {
      status: 'warning',
      detail:
        'A failed query reads as "no matches found": PHP is older than 8.1. So while a table is damaged or being repaired, VICIdial seems to have no leads. The gateway verifies such replies, and updates wait until then.',
      remedy: 'Update PHP to 8.1 or later, if the build of VICIdial runs on it.'
    }
  }
  return { status: 'skipped', detail: 'How PHP handles failed queries could not be determined.' }
}
