import { html } from 'ghtml'
import type { Caller } from '../../callers/caller.ts'
import type { UnusedEvent } from '../../telemetry/unused-event.ts'
import { address, badge, notice, OPS, page } from '../page.ts'
import { type Column, stackedTable } from '../stacked-table.ts'
import { counted, moment, number, utc } from '../times.ts'
import type { SenderActivity } from './caller-activity.ts'
import { codeLink, countsTable, fact } from './counts-table.ts'
import { LISTED, type ListedEvent, type Outcome, type SourceActivity } from './webhook-activity.ts'
import { type SourceFacts, WEBHOOKS } from './webhooks-page.ts'

export interface WebhookView {
  readonly source: SourceFacts
  readonly activity: SourceActivity
  /** Results of its updates; none if its senders are callers. */
  readonly results: SenderActivity['results']
  readonly since: number
  /** What was just done. */
  readonly done: readonly string[]
}

const MOODS: Readonly<Record<Outcome, 'good' | 'bad' | 'plain'>> = {
  accepted: 'good',
  repeated: 'plain',
  ignored: 'plain',
  answered: 'plain',
  refused: 'bad'
}

export function webhookPage(view: WebhookView, caller: Caller, now = Date.now()): string {
  const { source, activity, results, since, done } = view
  const { name, auth, storesPayloads, isForCallers } = source
  const { outcomes, refusals, strangers } = activity
  const jobs = address(`${OPS}/jobs`, { caller: `webhook:${name}` })
  const payloads = storesPayloads ? 'the last ones are kept, without secrets' : 'not kept'
  const content = html`!${notice(done)}
    <dl class="facts">
      !${fact('Address', html`<code>/v1/webhooks/${name}</code>`)}
      !${fact('Authenticates by', html`<code>${auth}</code>`)} !${fact('Payloads', html`${payloads}`)}
      !${fact('Counted since', utc(since))}
    </dl>
    <p class="links">
      <a href="${address(`${OPS}/try`, { source: name })}">Try a payload</a>
      !${caller.may('jobs') && !isForCallers ? html`<a href="${jobs}">Its jobs</a>` : ''}
    </p>
    <section aria-labelledby="last">
      <h2 id="last">Last requests</h2>
      <p>
        The last ${number(LISTED)} of those that were accepted, that changed nothing, and that were refused.
      </p>
      !${lastRequests(view, caller, now)}
    </section>
    <section aria-labelledby="answers">
      <h2 id="answers">Answers to its senders</h2>
      !${countsTable('Requests of its senders, by outcome', 'Outcome', outcomes, { none: 'No request came.', now })}
      !${
        refusals.length === 0
          ? ''
          : countsTable('Refused requests, by code', 'Code', refusals, { none: '', now })
      }
    </section>
    <section aria-labelledby="strangers">
      <h2 id="strangers">Strangers</h2>
      <p>
        Requests refused before their payload was read: the sender did not authenticate, lacks the permission,
        or exceeds a limit. They are only counted.
      </p>
      !${countsTable('Refused strangers, by reason', 'Reason', strangers, { none: 'There were none.', now })}
    </section>
    !${
      isForCallers
        ? ''
        : html`<section aria-labelledby="results">
            <h2 id="results">Results of its updates</h2>
            !${countsTable('Updates that ended, by status', 'Status', results, { none: 'No update has ended.', now })}
          </section>`
    }`
  return page({ title: name, content, caller, path: WEBHOOKS })
}

const COLUMNS: readonly Column[] = ['Time', 'Outcome', ['Why', 'prose'], 'Events', 'Job', 'Payload']

function lastRequests({ source, activity: { events } }: WebhookView, caller: Caller, now: number): string {
  if (events.length === 0) return html`<p class="empty">No request came.</p>`
  const rows = events.map((event) => row(source, event, caller, now))
  const list = stackedTable('Last requests, newest first', COLUMNS, rows)
  const hasPayloads = events.some((event) => event.hasPayload)
  return caller.may('payloads') && hasPayloads ? list + deleteAll(source.name) : list
}

function row({ name }: SourceFacts, event: ListedEvent, caller: Caller, now: number): string[] {
  const { id, at, outcome, status, updates, ignored, jobId, hasPayload } = event
  const counts = [
    ...(updates > 0 ? [counted(updates, 'update')] : []),
    ...(ignored > 0 ? [`${number(ignored)} ignored`] : [])
  ]
  const job =
    jobId !== undefined && caller.may('jobs') ? html`<a href="${OPS}/jobs/${jobId}">${jobId}</a>` : ''
  const payload = hasPayload && caller.may('payloads')
  return [
    moment(at, now),
    html`!${badge(outcome, MOODS[outcome])} ${status}`,
    why(event),
    counts.join(', '),
    job,
    payload
      ? html`<a href="${WEBHOOKS}/${name}/requests/${id}" aria-label="Payload of ${event.requestId}"
          >Payload</a
        >`
      : hasPayload
        ? 'needs the permission payloads'
        : 'not kept'
  ]
}

/** Why a request was refused, and which of its events are not used. */
export function why({ code, reasons }: Pick<ListedEvent, 'code' | 'reasons'>): string {
  return [...(code === undefined ? [] : [codeLink(code)]), ...reasons.map(reasonOf)].join('; ')
}

function reasonOf({ event, code, field, expression }: UnusedEvent): string {
  const which = event === undefined ? '' : `event ${event}: `
  if (code === 'unwanted') return html`${which}<code>when</code> is not true`
  const at = expression ?? field
  if (code === 'unchanged') return html`${which}nothing to set (<code>${at ?? ''}</code>)`
  return html`${which}!${codeLink(code)}!${at === undefined ? '' : html` (<code>${at}</code>)`}`
}

function deleteAll(name: string): string {
  return html`<details class="card" id="delete">
    <summary>Delete the kept payloads…</summary>
    <form method="post" action="${WEBHOOKS}/${name}/payloads/delete">
      <p>This deletes the kept payloads of this source. The list and the counts stay.</p>
      <button class="danger">Delete all payloads of this source</button>
    </form>
  </details>`
}
