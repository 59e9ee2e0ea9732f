import { html } from 'ghtml'
import { JOB_STATUSES } from '../../schemas/job.ts'
import type { Caller } from '../callers/caller.ts'
import type { Job, JobStatus } from '../outbox/jobs.ts'
import { address, badge, notice, OPS, page } from './page.ts'
import { stackedTable } from './stacked-table.ts'
import { moment, number } from './times.ts'

/** Filters of the list; empty or absent: any. */
export interface JobSearch {
  readonly status?: string
  readonly caller?: string
  readonly source?: string
}

export interface JobsView {
  readonly search: JobSearch
  /** Newest first. */
  readonly jobs: readonly Job[]
  /** Cursor of the next page; undefined on the last. */
  readonly next: string | undefined
  /** Whether this is not the first page. */
  readonly isLater: boolean
  /** What was just done. */
  readonly done: readonly string[]
}

const MOODS: Readonly<Record<JobStatus, 'good' | 'bad' | 'busy' | 'plain'>> = {
  queued: 'busy',
  running: 'busy',
  completed: 'good',
  partial: 'plain',
  failed: 'bad'
}
const PATH = `${OPS}/jobs`

export function jobsPage(view: JobsView, caller: Caller, now = Date.now()): string {
  const { search, jobs, next, isLater, done } = view
  const content = html`!${notice(done)}
    <form class="search" method="get" action="${PATH}" role="search" aria-label="Jobs">
      !${textField('id', 'Job id', '')} !${statusField(search.status)}
      !${textField('caller', 'Caller', search.caller)} !${textField('source', 'Source', search.source)}
      <button class="main">Search</button>
      <a href="${PATH}">Show all</a>
    </form>
    !${jobs.length > 0 ? list(jobs, now) : none(search, isLater)}
    <nav aria-label="Parts of the list" class="paging">
      !${isLater ? html`<a href="${address(PATH, { ...search })}">Newest</a>` : ''}
      !${next === undefined ? '' : html`<a rel="next" href="${address(PATH, { ...search, after: next })}">Older</a>`}
    </nav>`
  return page({ title: 'Jobs', content, caller, path: PATH })
}

/** A text field of a search form. */
export function textField(name: string, label: string, value = ''): string {
  return html`<p>
    <label for="${name}">${label}</label>
    <input
      id="${name}"
      name="${name}"
      value="${value}"
      maxlength="200"
      autocomplete="off"
      spellcheck="false"
    />
  </p>`
}

function statusField(chosen = ''): string {
  const options = ['', ...JOB_STATUSES].map(
    (status) =>
      html`<option value="${status}" !${status === chosen ? 'selected' : ''}>
        ${status === '' ? 'any' : status}
      </option>`
  )
  return html`<p>
    <label for="status">Status</label>
    <select id="status" name="status">
      !${options}
    </select>
  </p>`
}

function none(search: JobSearch, isLater: boolean): string {
  const isSearch = Object.values(search).some((value) => value !== '')
  const text = isSearch ? 'No job matches.' : 'No job was accepted yet, or all are deleted.'
  return html`<p class="empty">${isLater ? 'There are no older jobs.' : text}</p>`
}

function list(jobs: readonly Job[], now: number): string {
  const rows = jobs.map((job) => [
    html`<a href="${PATH}/${job.id}">${job.id}</a>`,
    statusBadge(job.status),
    html`${job.caller}`,
    html`${job.source}`,
    html`${job.origin}`,
    moment(job.acceptedAt, now),
    html`${countsOf(job)}`
  ])
  return stackedTable(
    'Jobs, newest first',
    ['Job', 'Status', 'Caller', 'Source', 'Came as', 'Accepted', 'Updates'],
    rows
  )
}

export function statusBadge(status: JobStatus): string {
  return badge(status, MOODS[status])
}

/** The counts of each status, in words. */
export function countsOf({ counts }: Pick<Job, 'counts'>): string {
  return Object.entries(counts)
    .filter(([, count]) => count > 0)
    .map(([status, count]) => `${number(count)} ${status.replace('_', ' ')}`)
    .join(', ')
}
