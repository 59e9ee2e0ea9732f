import { html } from 'ghtml'
import type { Result } from '../../schemas/batch.ts'
import type { Caller } from '../callers/caller.ts'
import type { UpdateAttempts } from '../outbox/attempts.ts'
import type { Job } from '../outbox/jobs.ts'
import { steadyNow } from '../steady-clock.ts'
import { attemptList } from './attempts.ts'
import { countsOf, statusBadge } from './jobs-page.ts'
import { address, badge, notice, OPS, page } from './page.ts'
import { stackedTable } from './stacked-table.ts'
import { counted, moment, number } from './times.ts'

export interface JobView {
  readonly job: Job
  /** One page of its results. */
  readonly results: readonly Result[]
  /** Of those of the results that did not succeed at once. */
  readonly attempts: readonly UpdateAttempts[]
  /** Index of the first result on the page. */
  readonly from: number
  /** Results on a page. */
  readonly pageSize: number
  readonly hasDeadLetters: boolean
  /** What was just done. */
  readonly done: readonly string[]
}

const MOODS: Readonly<Partial<Record<Result['status'], 'good' | 'bad' | 'busy'>>> = {
  updated: 'good',
  read: 'good',
  queued: 'busy',
  failed: 'bad',
  unknown: 'bad',
  rejected: 'bad'
}

/** @param now the system's time @param steady the steady clock's, by which attempts are due */
export function jobPage(view: JobView, caller: Caller, now = Date.now(), steady = steadyNow()): string {
  const { job, hasDeadLetters, done } = view
  const finished = job.finishedAt === undefined ? 'not yet' : moment(job.finishedAt, now)
  const content = html`!${notice(done)}
    <dl class="facts">
      !${fact('Status', statusBadge(job.status))} !${fact('Caller', html`${job.caller}`)}
      !${fact('Source', html`${job.source}`)} !${fact('Came as', html`${job.origin}`)}
      !${fact('Accepted', moment(job.acceptedAt, now))} !${fact('Ended', finished)}
      !${fact('Updates', html`${countsOf(job)}`)} !${fact('Calls to VICIdial', number(job.upstreamCalls))}
    </dl>
    !${hasDeadLetters ? deadLetters(job.id) : ''} !${job.finishedAt === undefined ? cancelForm(job.id) : ''}
    <section aria-labelledby="results">
      <h2 id="results">Results</h2>
      !${results(view, steady)}
      !${caller.may('history') ? html`<p><a href="${address(`${OPS}/history`, { job_id: job.id })}">The history of this job</a></p>` : ''}
    </section>`
  return page({ title: job.id, content, caller })
}

function fact(name: string, value: string): string {
  return html`<div>
    <dt>${name}</dt>
    <dd>!${value}</dd>
  </div>`
}

function deadLetters(id: string): string {
  return html`<p class="card">
    This job has dead letters: updates that failed for good.
    <a href="${address(`${OPS}/dead-letters`, { job_id: id })}">Look at them</a>, or
    <a href="${address(`${OPS}/dead-letters/replay`, { job_id: id })}">replay them</a>.
  </p>`
}

/** The checkbox that lets a replay overwrite newer updates. */
export function forceField(id: string): string {
  return html`<p>
    <input type="checkbox" id="${id}" name="force" value="1" />
    <label for="${id}">Also set fields that newer updates of the lead have set since</label>
  </p>`
}

function cancelForm(id: string): string {
  return html`<details class="card" id="cancel">
    <summary>Cancel the updates that wait…</summary>
    <form method="post" action="${OPS}/jobs/${id}/cancel">
      <p>
        This cancels its updates that still wait. You cannot replay them: their sender must send them again.
      </p>
      <button class="danger">Cancel this job</button>
    </form>
  </details>`
}

function results({ job, results: shown, attempts, from, pageSize }: JobView, steady: number): string {
  if (shown.length === 0) return html`<p class="empty">There are no results here.</p>`
  const received = Object.values(job.counts).reduce((sum, count) => sum + count, 0)
  const link = (to: number, text: string) =>
    html`<a href="${address(`${OPS}/jobs/${job.id}`, { from: String(to) })}">${text}</a>`
  const attemptsOf = new Map(attempts.map((one) => [one.index, one]))
  return html`!${stackedTable(
      `Results ${number(from + 1)} to ${number(from + shown.length)} of ${number(received)}`,
      ['No.', 'Lead', 'Status', ['Detail', 'prose']],
      shown.map((result) => row(result, attemptsOf.get(result.index), steady))
    )}
    <nav aria-label="Parts of the results" class="paging">
      !${from > 0 ? link(Math.max(0, from - pageSize), 'Before') : ''}
      !${from + shown.length < received ? link(from + shown.length, 'After') : ''}
    </nav>`
}

function row(result: Result, attempts: UpdateAttempts | undefined, steady: number): readonly string[] {
  return [
    number(result.index + 1),
    html`${leadOf(result)}`,
    resultBadge(result.status),
    said(result) + (attempts === undefined ? '' : attemptList(attempts, steady))
  ]
}

/** The status of a result as a coloured word. */
export function resultBadge(status: Result['status']): string {
  return badge(status.replace('_', ' '), MOODS[status] ?? 'plain')
}

/** The lead or leads of a result, in words. */
export function leadOf({ lead_id, lead_ids, vendor_lead_code, phone_number }: Result): string {
  const named = [
    ...(lead_id === undefined ? [] : [`lead ${lead_id}`]),
    ...(lead_ids === undefined ? [] : [`leads ${lead_ids.join(', ')}`]),
    ...(vendor_lead_code === undefined ? [] : [`vendor code ${vendor_lead_code}`]),
    ...(phone_number === undefined ? [] : [`phone ${phone_number}`])
  ]
  return named.join(', ') || 'none named'
}

/** What a result says besides its status: error, superseded fields, warnings, and fields that could not be read. */
export function said({ error, superseded = [], warnings = [], unread = [] }: Result): string {
  const sentences = [
    ...(error ? [html`<a href="/problems/${error.code}">${error.code}</a>: ${error.detail}`] : []),
    ...(superseded.length > 0 ? [html`Set by newer updates since: ${superseded.join(', ')}.`] : []),
    ...(warnings.length > 0
      ? [
          html`${counted(warnings.length, 'warning')}:
          ${warnings.map(({ field, code }) => `${field} ${code}`).join(', ')}.`
        ]
      : []),
    ...(unread.length > 0 ? [html`Could not be read: ${unread.map(({ field }) => field).join(', ')}.`] : [])
  ]
  return sentences.join(' ')
}
