import { html } from 'ghtml'
import type { Caller } from '../../callers/caller.ts'
import type { CallerSummary } from '../../callers/callers.ts'
import { address, OPS, page } from '../page.ts'
import { type Column, stackedTable } from '../stacked-table.ts'
import { counted, moment, number, utc } from '../times.ts'
import type { SenderActivity } from './caller-activity.ts'
import { CALLERS } from './callers-page.ts'
import { countsTable, fact } from './counts-table.ts'

export interface CallerView {
  readonly summary: CallerSummary
  readonly activity: SenderActivity
  /** The start of the counts, in milliseconds since the epoch. */
  readonly since: number
}

export function callerPage(
  { summary, activity, since }: CallerView,
  caller: Caller,
  now = Date.now()
): string {
  const { name, account, source, routes, keys, quotas } = summary
  const jobs = address(`${OPS}/jobs`, { caller: name })
  const content = html`<dl class="facts">
      !${fact('Account', html`${account}`)} !${fact('Source', html`${source ?? 'VICIDIAL_SOURCE'}`)}
      !${fact('May call', html`${routes === '*' ? 'everything' : [...routes].join(', ') || 'nothing'}`)}
      !${fact('Counted since', utc(since))}
    </dl>
    <p class="links">!${caller.may('jobs') ? html`<a href="${jobs}">Its jobs</a>` : ''}</p>
    <section aria-labelledby="keys">
      <h2 id="keys">Keys</h2>
      !${keyTable(keys, now)}
    </section>
    <section aria-labelledby="quota">
      <h2 id="quota">Quota</h2>
      !${quotas.length === 0 ? html`<p class="empty">It has no rate limit.</p>` : quotaTable(quotas)}
    </section>
    <section aria-labelledby="requests">
      <h2 id="requests">Requests</h2>
      !${countsTable('Requests, answered or refused by code', 'Code', activity.requests, { none: 'No request came.', now })}
    </section>
    <section aria-labelledby="results">
      <h2 id="results">Results of its updates</h2>
      !${countsTable('Updates and readings that ended, by status', 'Status', activity.results, { none: 'No update has ended.', now })}
    </section>`
  return page({ title: name, content, caller, path: CALLERS })
}

function keyTable(keys: CallerSummary['keys'], now: number): string {
  const rows = keys.map(({ id, expiresAt, lastUsedAt }) => [
    html`<code>${id}</code>`,
    expiresAt === undefined ? 'never' : html`${expiresAt > now ? '' : 'expired '}!${utc(expiresAt)}`,
    lastUsedAt === undefined ? 'not since the gateway started' : moment(lastUsedAt, now)
  ])
  return stackedTable(
    'Its keys, by their key_id: the first 8 digits of the hash',
    ['Key', 'Expires', 'Last used'],
    rows
  )
}

function quotaTable(quotas: CallerSummary['quotas']): string {
  const rows = quotas.map(({ unit, perMinute, left, secondsLeft }) => [
    unit,
    number(left),
    number(perMinute),
    left === perMinute ? 'is full' : `in ${counted(secondsLeft, 'second')}`
  ])
  const columns: Column[] = ['Unit', ['Left', 'number'], ['A minute', 'number'], 'Full again']
  return stackedTable('What is left of this minute', columns, rows)
}
