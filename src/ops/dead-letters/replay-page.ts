import { html } from 'ghtml'
import type { Caller } from '../../callers/caller.ts'
import type { ReplayPreview } from '../../jobs/replay-preview.ts'
import type { DeadLetterSearch } from './dead-letters-page.ts'
import { forceField } from '../job-page.ts'
import { address, OPS, page } from '../page.ts'
import { stackedTable } from '../stacked-table.ts'
import { counted, moment, number } from '../times.ts'

export interface ReplayView {
  readonly search: DeadLetterSearch
  /** Undefined if no dead letter matches. */
  readonly preview: ReplayPreview | undefined
}

const PATH = `${OPS}/dead-letters`
/** Most callers and fields that are listed. */
const MAX_LISTED = 20

/** Says what a replay would do, before it is done. */
export function replayPage({ search, preview }: ReplayView, caller: Caller, now = Date.now()): string {
  const back = html`<a href="${address(PATH, { ...search })}">Back to the dead letters</a>`
  const content =
    preview === undefined
      ? html`<p class="empty">No dead letter matches: they may have been replayed already.</p>
          <p>!${back}</p>`
      : html`!${whatHappens(preview, now)} !${confirmation(preview)}
          <p>!${back}</p>
          !${callers(preview)}`
  return page({ title: 'Replay dead letters', content, caller })
}

function whatHappens(preview: ReplayPreview, now: number): string {
  const { updates, jobs, oldestAt, newestAt, superseded, remaining, refused = 0 } = preview
  const { partly, wholly } = superseded
  return html`<p>
      This sends ${counted(updates, 'update')} of ${counted(jobs, 'job')} again, as new jobs. Updates that
      fail for good after you opened this page are not among them.
    </p>
    <dl class="facts">
      <div>
        <dt>First failed for good</dt>
        <dd>!${moment(oldestAt, now)}</dd>
      </div>
      <div>
        <dt>Last failed for good</dt>
        <dd>!${moment(newestAt, now)}</dd>
      </div>
      <div>
        <dt>Wholly set by newer updates since</dt>
        <dd>${wholly === 0 ? 'none' : counted(wholly, 'update')}</dd>
      </div>
      <div>
        <dt>Partly set by newer updates since</dt>
        <dd>${partly === 0 ? 'none' : counted(partly, 'update')}</dd>
      </div>
    </dl>
    !${leftOut(preview)}
    !${refused === 0 ? '' : html`<p>Not among them: ${counted(refused, 'dead letter')} whose account is no longer configured.</p>`}
    !${remaining === 0 ? '' : html`<p>Not among them: ${counted(remaining, 'dead letter')} more than one replay takes, or than there is room for. Replay again afterwards.</p>`}`
}

function leftOut({ fields }: ReplayPreview): string {
  if (fields.length === 0)
    return html`<p>No newer update has set any of their fields since: nothing is left out.</p>`
  const listed = fields.slice(0, MAX_LISTED).map(([field, updates]) => `${field} in ${number(updates)}`)
  const more = fields.length > MAX_LISTED ? `, and ${number(fields.length - MAX_LISTED)} other fields` : ''
  return html`<p>
    Left out, as newer updates of the lead have set these fields since: ${listed.join(', ')}${more}. With the
    box below they are set all the same, and undo the newer values.
  </p>`
}

function confirmation({ updates, ids }: ReplayPreview): string {
  return html`<form class="card" method="post" action="${PATH}/replay">
    <input type="hidden" name="id" value="${ids.join(' ')}" />
    !${forceField('force')}
    <button class="main">Replay ${counted(updates, 'update')}</button>
  </form>`
}

function callers({ callers: list }: ReplayPreview): string {
  const rows = list
    .slice(0, MAX_LISTED)
    .map(({ caller, updates, jobs }) => [
      html`<a href="${address(PATH, { caller })}">${caller}</a>`,
      number(updates),
      number(jobs)
    ])
  const caption =
    list.length > MAX_LISTED
      ? `The ${number(MAX_LISTED)} callers with the most updates, of ${number(list.length)}`
      : 'Callers whose updates are sent'
  return html`<section aria-labelledby="callers">
    <h2 id="callers">By caller</h2>
    !${stackedTable(caption, ['Caller', ['Updates', 'number'], ['Jobs', 'number']], rows)}
  </section>`
}
