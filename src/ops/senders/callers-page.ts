import { html } from 'ghtml'
import type { Caller } from '../../callers/caller.ts'
import type { CallerSummary } from '../../callers/callers.ts'
import { OPS, page, table } from '../page.ts'
import { moment, number, utc } from '../times.ts'
import { ANSWERED, type SenderActivity } from './caller-activity.ts'
import { bothCounts } from './counts-table.ts'
import { sumOf } from './hour-count.ts'

export interface CallersView {
  readonly callers: readonly { readonly summary: CallerSummary; readonly activity: SenderActivity }[]
  /** The start of the counts, in milliseconds since the epoch. */
  readonly since: number
}

export const CALLERS = `${OPS}/callers`

export function callersPage({ callers, since }: CallersView, caller: Caller, now = Date.now()): string {
  const rows = callers.map(({ summary, activity: { requests, results } }) => {
    const { lastAt } = sumOf(requests)
    return html`<tr>
      <th scope="row"><a href="${CALLERS}/${summary.name}">${summary.name}</a></th>
      <td class="number">!${bothCounts(sumOf(requests))}</td>
      <td class="number">!${bothCounts(sumOf(requests.filter(({ name }) => name !== ANSWERED)))}</td>
      <td class="number">!${bothCounts(sumOf(results))}</td>
      <td>${quotasOf(summary) || 'no limit'}</td>
      <td>!${lastAt === undefined ? 'none' : moment(lastAt, now)}</td>
    </tr>`
  })
  const columns = ['Caller', 'Requests', 'Refused', 'Updates ended', 'Left this minute', 'Last request']
  const content = html`<p>
      Requests at this gateway in the last hour, and in all since !${utc(since)}. Requests with a wrong or
      expired key are no caller's.
    </p>
    !${rows.length === 0 ? html`<p class="empty">The gateway file has no callers.</p>` : table('Callers', columns, rows)}`
  return page({ title: 'Callers', content, caller, path: CALLERS })
}

function quotasOf({ quotas }: CallerSummary): string {
  return quotas
    .map(({ unit, perMinute, left }) => `${number(left)} of ${number(perMinute)} ${unit}`)
    .join(', ')
}
