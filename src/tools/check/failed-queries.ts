import { FAILING_QUERY } from '../../vicidial/wire.ts'
import type { AccountCalls } from '../account/account-calls.ts'
import type { Finding } from './step.ts'

/** Checks what VICIdial's PHP does with a query that fails, by one that can't succeed and changes nothing. */
export async function checkFailedQueries(calls: AccountCalls): Promise<Finding> {
  const { kind, httpStatus, text } = await calls.ask(FAILING_QUERY)
  if (httpStatus === 500 && text === '') {
    return { status: 'ok', detail: 'A query that fails makes its call fail (HTTP 500): PHP is 8.1 or later.' }
  }
  if (kind === 'not_found') {
    return {
      status: 'warning',
      detail:
        'A query that fails reads as "no matches found": PHP is older than 8.1. So while a table is damaged or being repaired, VICIdial seems to have no leads. The gateway checks such replies before it believes them: meanwhile updates wait.',
      remedy: 'Update PHP to 8.1 or later, if the build of VICIdial runs on it.'
    }
  }
  return { status: 'skipped', detail: 'What PHP does with a query that fails could not be determined.' }
}
