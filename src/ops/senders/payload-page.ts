import { html } from 'ghtml'
import type { Caller } from '../../callers/caller.ts'
import { address, OPS, page } from '../page.ts'
import { counted, moment, number } from '../times.ts'
import { fact } from './counts-table.ts'
import { type KeptPayload, type ListedEvent, MAX_PAYLOAD } from './webhook-activity.ts'
import { why } from './webhook-page.ts'
import { WEBHOOKS } from './webhooks-page.ts'

export interface PayloadView {
  /** The name of the webhook source. */
  readonly source: string
  readonly event: ListedEvent
  readonly payload: KeptPayload | undefined
}

/** A request of a webhook source, with its payload. */
export function payloadPage(
  { source, event, payload }: PayloadView,
  caller: Caller,
  now = Date.now()
): string {
  const path = `${WEBHOOKS}/${source}`
  const content = html`<p class="links"><a href="${path}">All requests of ${source}</a></p>
    <dl class="facts">
      !${fact('Answered', moment(event.at, now))}
      !${fact('Outcome', html`${event.outcome} (${String(event.status)})`)}
      !${fact('Request', html`<code>${event.requestId}</code>`)}
      !${event.caller === undefined ? '' : fact('Caller', html`${event.caller}`)}
      !${fact('Body', html`${counted(event.bytes, 'byte')}`)}
      !${fact('Why', why(event) || html`everything was used`)}
    </dl>
    !${payload === undefined ? missing() : kept(path, source, event.id, payload)}`
  return page({ title: `A payload of ${source}`, content, caller, path: WEBHOOKS })
}

function missing(): string {
  return html`<p class="empty">
    The payload is not kept: it was deleted, or dropped to make room, or the body could not be read.
  </p>`
}

function kept(path: string, source: string, id: string, payload: KeptPayload): string {
  return html`<section aria-labelledby="payload">
    <h2 id="payload">Payload</h2>
    <p>
      As the gateway has read it, as JSON. What looks like a secret is replaced by <code>[redacted]</code>.
      !${payload.isCut ? html`Of a longer one only the first ${number(MAX_PAYLOAD)} characters are kept.` : ''}
    </p>
    <pre class="payload" tabindex="0" role="region" aria-label="The payload as JSON">
${indented(payload)}</pre>
    <p class="links">
      <a href="${address(`${OPS}/try`, { source, request: id })}">Try this one again</a>
    </p>
    <form class="card" method="post" action="${path}/requests/${id}/delete">
      <button class="danger">Delete this payload</button>
    </form>
  </section>`
}

/** A payload with a line for each value; unchanged if it is cut. */
export function indented({ json, isCut }: KeptPayload): string {
  return isCut ? json : JSON.stringify(JSON.parse(json), null, 2)
}
