import { html } from 'ghtml'
import type { Caller } from '../../callers/caller.ts'
import { deadLetterResponse } from '../../jobs/dead-letter-response.ts'
import type { DeadLetter } from '../../outbox/jobs.ts'
import { forceField, leadOf, said } from '../job-page.ts'
import { textField } from '../jobs-page.ts'
import { address, notice, OPS, page } from '../page.ts'
import { moment, number } from '../times.ts'

/** Filters of the list; empty or absent: any. */
export interface DeadLetterSearch {
  readonly job_id?: string
  readonly caller?: string
  readonly code?: string
}

export interface DeadLettersView {
  readonly search: DeadLetterSearch
  /** Newest first. */
  readonly letters: readonly DeadLetter[]
  /** Cursor of the next page; undefined on the last. */
  readonly next: string | undefined
  /** Whether this is not the first page. */
  readonly isLater: boolean
  /** All dead letters, regardless of the filters. */
  readonly total: number
  /** What was just done. */
  readonly done: readonly string[]
}

const PATH = `${OPS}/dead-letters`

export function deadLettersPage(view: DeadLettersView, caller: Caller, now = Date.now()): string {
  const { search, letters, next, isLater, total, done } = view
  const count = total === 0 ? 'There are none' : `There are ${number(total)} in all`
  const content = html`!${notice(done)}
    <p>Stored updates that failed until their retries ended. ${count}.</p>
    <form class="search" method="get" action="${PATH}" role="search" aria-label="Dead letters">
      !${textField('job_id', 'Job id', search.job_id)} !${textField('caller', 'Caller', search.caller)}
      !${textField('code', 'Error code', search.code)}
      <button class="main">Search</button>
      <a href="${PATH}">Show all</a>
    </form>
    !${
      letters.length === 0
        ? html`<p class="empty">${none(search, isLater)}</p>`
        : html`!${all(search)}
            <ul class="letters" aria-label="Dead letters, newest first">
              !${letters.map((letter) => entry(letter, now))}
            </ul>`
    }
    <nav aria-label="Parts of the list" class="paging">
      !${isLater ? html`<a href="${address(PATH, { ...search })}">Newest</a>` : ''}
      !${next === undefined ? '' : html`<a rel="next" href="${address(PATH, { ...search, after: next })}">Older</a>`}
    </nav>`
  return page({ title: 'Dead letters', content, caller, path: PATH })
}

function none(search: DeadLetterSearch, isLater: boolean): string {
  if (isLater) return 'There are no older dead letters.'
  const isSearch = Object.values(search).some((value) => value !== '')
  return isSearch ? 'No dead letter matches.' : 'No update failed for good. Nothing to do.'
}

function all(search: DeadLetterSearch): string {
  const isSearch = Object.values(search).some((value) => value !== '')
  const which = isSearch ? 'all that match' : 'all'
  return html`<p class="card">
    <a href="${address(`${PATH}/replay`, { ...search })}">Replay ${which}…</a> shows first what it would do.
    <a href="${address(`${PATH}.csv`, { ...search })}" download>Download ${which} as CSV</a>
  </p>`
}

/** A link to all that have the same error. */
function alike({ result: { error } }: DeadLetter): string {
  if (error === undefined) return ''
  return html`<a href="${address(PATH, { code: error.code })}">All with ${error.code}</a>`
}

function entry(letter: DeadLetter, now: number): string {
  const { id, fields } = deadLetterResponse(letter)
  return html`<li>
    <details id="${id}">
      <summary>
        ${leadOf(letter.result)} · ${letter.result.error?.code ?? letter.result.status} · ${letter.caller} ·
        !${moment(letter.diedAt, now)}
      </summary>
      <dl class="facts">
        <div>
          <dt>Id</dt>
          <dd>${id}</dd>
        </div>
        <div>
          <dt>Job</dt>
          <dd><a href="${OPS}/jobs/${letter.jobId}">${letter.jobId}</a></dd>
        </div>
        <div>
          <dt>Account</dt>
          <dd>${letter.account}</dd>
        </div>
        <div>
          <dt>Source</dt>
          <dd>${letter.source}</dd>
        </div>
        <div>
          <dt>Attempts</dt>
          <dd>${number(letter.attempts)}</dd>
        </div>
        <div>
          <dt>Fields</dt>
          <dd>${fields.join(', ')}</dd>
        </div>
        <div>
          <dt>Last error</dt>
          <dd>!${said({ ...letter.result, superseded: [...letter.superseded] })} !${alike(letter)}</dd>
        </div>
      </dl>
      <form method="post" action="${PATH}/replay">
        <input type="hidden" name="id" value="${id}" />
        !${forceField(`force-${id}`)}
        <button>Replay this one</button>
      </form>
    </details>
  </li>`
}
