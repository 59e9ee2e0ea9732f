import { html } from 'ghtml'
import type { Caller } from '../callers/caller.ts'
import { keyOfName } from '../leads/lead-key.ts'
import type { HistoryEntry } from '../outbox/history.ts'
import { resultBadge } from './job-page.ts'
import { textField } from './jobs-page.ts'
import { address, OPS, page } from './page.ts'
import { stackedTable } from './stacked-table.ts'
import { moment } from './times.ts'

/** Filters of the list; empty or absent: any. */
export interface HistorySearch {
  readonly lead_id?: string
  readonly job_id?: string
  readonly caller?: string
  readonly code?: string
  /** Times in UTC, as `2026-11-25T20:59`. */
  readonly since?: string
  readonly until?: string
}

export interface HistoryView {
  readonly search: HistorySearch
  /** Newest first. */
  readonly entries: readonly HistoryEntry[]
  /** Cursor of the next page; undefined on the last. */
  readonly next: string | undefined
  /** Whether this is not the first page. */
  readonly isLater: boolean
  /** Whether entries are kept. */
  readonly isKept: boolean
}

const PATH = `${OPS}/history`
const COLUMNS = [
  'Ended',
  'Status',
  'Lead',
  'Caller',
  'Fields',
  ['Error', 'prose'],
  ['Job, request', 'prose']
] as const

export function historyPage(view: HistoryView, caller: Caller, now = Date.now()): string {
  const { search, entries, next, isLater, isKept } = view
  const content = html`<p>
      Which updates have ended, who sent them, and the result for each lead. Readings and dry runs have no
      entries.
    </p>
    <form class="search" method="get" action="${PATH}" role="search" aria-label="History">
      !${textField('lead_id', 'Lead id', search.lead_id)} !${textField('job_id', 'Job id', search.job_id)}
      !${textField('caller', 'Caller', search.caller)} !${textField('code', 'Error code', search.code)}
      !${timeField('since', 'From (UTC)', search.since)} !${timeField('until', 'Until (UTC)', search.until)}
      <button class="main">Search</button>
      <a href="${PATH}">Show all</a>
    </form>
    !${entries.length > 0 ? list(entries, caller, now) : html`<p class="empty">${none(view)}</p>`}
    !${isKept ? '' : html`<p>No new entries are kept, as HISTORY_RETENTION_DAYS is 0.</p>`}
    <nav aria-label="Parts of the list" class="paging">
      !${isLater ? html`<a href="${address(PATH, { ...search })}">Newest</a>` : ''}
      !${next === undefined ? '' : html`<a rel="next" href="${address(PATH, { ...search, before: next })}">Older</a>`}
    </nav>`
  return page({ title: 'History', content, caller, path: PATH })
}

/** The address of a search. */
export function historyAddress(search: HistorySearch): string {
  return address(PATH, { ...search })
}

/** A time as a field of the search has it: a minute in UTC. */
export function searchedTime(at: number): string {
  return new Date(at).toISOString().slice(0, 'YYYY-MM-DDTHH:MM'.length)
}

function timeField(name: string, label: string, value = ''): string {
  return html`<p>
    <label for="${name}">${label}</label>
    <input id="${name}" name="${name}" value="${value}" type="datetime-local" />
  </p>`
}

function none({ search, isLater }: HistoryView): string {
  if (isLater) return 'There are no older entries.'
  const isSearch = Object.values(search).some((value) => value !== '')
  return isSearch ? 'No entry matches.' : 'No update has ended yet, or all entries are deleted.'
}

function list(entries: readonly HistoryEntry[], caller: Caller, now: number): string {
  const hasJobs = caller.may('jobs')
  const rows = entries.map((entry) => [
    moment(entry.at, now),
    resultBadge(entry.status),
    leadOf(entry),
    entry.replayedBy === undefined
      ? html`${entry.caller}`
      : html`${entry.caller}, replayed by ${entry.replayedBy}`,
    fieldsOf(entry),
    entry.error === undefined
      ? ''
      : html`<a href="/problems/${entry.error.code}">${entry.error.code}</a>: ${entry.error.detail}`,
    (entry.jobId === undefined ? '' : jobOf(entry.jobId, hasJobs) + ', ') + html`${entry.requestId}`
  ])
  return stackedTable('Entries, newest first', COLUMNS, rows)
}

function leadOf({ lead, key }: HistoryEntry): string {
  const named = key === undefined ? undefined : keyOfName(key)
  const id =
    lead === undefined ? [] : [html`<a href="${historyAddress({ lead_id: String(lead) })}">lead ${lead}</a>`]
  const words = named?.by === 'phone_number' ? 'phone' : 'vendor code'
  const byKey = named === undefined || named.by === 'lead_id' ? [] : [html`${words} ${named.value}`]
  return [...id, ...byKey].join(', ') || 'none named'
}

/** The fields, with their values if these are kept. */
function fieldsOf({ fields, values }: HistoryEntry): string {
  const words = fields.map((field) => {
    const value = values?.[field]
    return value === undefined ? field : `${field}: ${value === '' ? 'empty' : value}`
  })
  return html`${words.join(', ')}`
}

function jobOf(id: string, hasJobs: boolean): string {
  return hasJobs ? html`<a href="${OPS}/jobs/${id}">${id}</a>` : html`${id}`
}
