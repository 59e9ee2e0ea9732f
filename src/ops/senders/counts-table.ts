import { html } from 'ghtml'
import { type ErrorCode, ERRORS } from '../../errors.ts'
import { type Column, stackedTable } from '../stacked-table.ts'
import { moment, number } from '../times.ts'
import type { Counted } from './hour-count.ts'

/** A table of what was counted, or a sentence if nothing was. */
export function countsTable(
  caption: string,
  what: string,
  counts: readonly Counted[],
  { none, now }: { readonly none: string; readonly now: number }
): string {
  if (counts.length === 0) return html`<p class="empty">${none}</p>`
  const hasMeanings = counts.some(({ name }) => name in ERRORS)
  const rows = counts.map(({ name, lastHour, total, lastAt }) => [
    codeLink(name),
    ...(hasMeanings ? [html`${name in ERRORS ? ERRORS[name as ErrorCode].title : ''}`] : []),
    number(lastHour),
    number(total),
    lastAt === undefined ? 'never' : moment(lastAt, now)
  ])
  const columns: Column[] = [
    what,
    ...(hasMeanings ? ['Meaning'] : []),
    ['Last hour', 'number'],
    ['In all', 'number'],
    'Last'
  ]
  return stackedTable(caption, columns, rows)
}

/** A code with a link to its page; any other word without. */
export function codeLink(code: string): string {
  return code in ERRORS ? html`<a href="/problems/${code}">${code}</a>` : html`${code.replaceAll('_', ' ')}`
}

/** The count of the last hour, and the one since the start. */
export function bothCounts({ lastHour, total }: Pick<Counted, 'lastHour' | 'total'>): string {
  return html`${number(lastHour)} <span class="age">${number(total)} in all</span>`
}

/** A name and a value of a list of facts. `value` is HTML. */
export function fact(name: string, value: string): string {
  return html`<div>
    <dt>${name}</dt>
    <dd>!${value}</dd>
  </div>`
}
