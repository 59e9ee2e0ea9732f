import { html } from 'ghtml'
import type { Caller } from '../../callers/caller.ts'
import type { CallerSummary } from '../../callers/callers.ts'
import { OPS, page } from '../page.ts'
import { type Column, stackedTable } from '../stacked-table.ts'
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

const COLUMNS: readonly Column[] = [
  'Caller',
  ['Requests', 'number'],
  ['Refused', 'number'],
  ['Updates ended', 'number'],
  'Left this minute',
  'Last request'
]

export function callersPage({ callers, since }: CallersView, caller: Caller, now = Date.now()): string {
  const rows = callers.map(({ summary, activity: { requests, results } }) => {
    const { lastAt } = sumOf(requests)
    return [
      html`<a href="${CALLERS}/${summary.name}">${summary.name}</a>`,
      bothCounts(sumOf(requests)),
      bothCounts(sumOf(requests.filter(({ name }) => name !== ANSWERED))),
      bothCounts(sumOf(results)),
      html`${quotasOf(summary) || 'no limit'}`,
      lastAt === undefined ? 'none' : moment(lastAt, now)
    ]
  })
  const content = html`<p>
      Requests at this gateway in the last hour, and in all since !${utc(since)}. Requests with a wrong or
      expired key are no caller's.
    </p>
    !${rows.length === 0 ? html`<p class="empty">The gateway file has no callers.</p>` : stackedTable('Callers', COLUMNS, rows)}`
  return page({ title: 'Callers', content, caller, path: CALLERS })
}

function quotasOf({ quotas }: CallerSummary): string {
  return quotas
    .map(({ unit, perMinute, left }) => `${number(left)} of ${number(perMinute)} ${unit}`)
    .join(', ')
}
