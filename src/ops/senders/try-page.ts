import { html } from 'ghtml'
import type { Caller } from '../../callers/caller.ts'
import { OPS, page } from '../page.ts'
import { trialSection, type TrialView } from './trial-section.ts'
import { MAX_PAYLOAD } from './webhook-activity.ts'
import { WEBHOOKS } from './webhooks-page.ts'

/** The payload is JSON as the gateway has read it, not a body as a sender sends it. */
export const AS_READ = 'as_read'
/** Longest payload that can be tried, in characters. */
export const MAX_TRIED = 262_144
export const TRY = `${OPS}/try`

/** What the form has. */
export interface TryInput {
  readonly content_type: string
  readonly caller: string
  readonly payload: string
}

export interface TryView {
  /** The names of all webhook sources. */
  readonly sources: readonly string[]
  /** The chosen source; undefined before one is chosen. */
  readonly chosen: ChosenSource | undefined
  /** What the payload became; undefined before it is tried. */
  readonly trial: TrialView | undefined
}

export interface ChosenSource {
  readonly name: string
  /** Content types that its senders may send, and `AS_READ`. */
  readonly contentTypes: readonly string[]
  /** Callers that may send to it; undefined if its senders are no callers. */
  readonly callers: readonly string[] | undefined
  readonly input: TryInput
  /** Whether the payload is the beginning of a longer one that was kept. */
  readonly isCut: boolean
}

/** The playground: a payload in, its updates out. */
export function tryPage({ sources, chosen, trial }: TryView, caller: Caller): string {
  const content = html`<p>
      Shows what a payload becomes, as if a sender of the source had sent it. Nothing is sent to VICIdial, and
      nothing is stored.
    </p>
    !${sources.length === 0 ? html`<p class="empty">The gateway file has no webhooks.</p>` : chooseSource(sources, chosen?.name)}
    !${chosen === undefined ? '' : payloadForm(chosen)} !${trial === undefined ? '' : trialSection(trial)}`
  return page({ title: 'Try a payload', content, caller, path: WEBHOOKS })
}

function chooseSource(sources: readonly string[], chosen: string | undefined): string {
  return html`<form class="search" method="get" action="${TRY}" aria-label="Source">
    !${select(
      'source',
      'Source',
      sources.map((name) => [name, name]),
      chosen ?? ''
    )}
    <button !${chosen === undefined ? 'class="main"' : ''}>Choose</button>
  </form>`
}

function payloadForm({ name, contentTypes, callers, input, isCut }: ChosenSource): string {
  const types = contentTypes.map((type) => [
    type,
    type === AS_READ ? 'JSON, as the gateway has read it' : type
  ])
  const ofCaller =
    callers === undefined
      ? ''
      : select(
          'caller',
          'As the caller',
          callers.map((one) => [one, one]),
          input.caller
        )
  return html`<form class="try" method="post" action="${TRY}" aria-label="A payload of ${name}">
    <input type="hidden" name="source" value="${name}" />
    !${isCut ? html`<p class="alert">This is the beginning of a longer payload, of which only ${MAX_PAYLOAD} characters are kept. Complete it first.</p>` : ''}
    <div class="search">
      !${select('content_type', 'Content type', types, input.content_type)} !${ofCaller}
    </div>
    <label for="tried">Payload</label>
    <textarea
      id="tried"
      name="payload"
      rows="12"
      maxlength="${MAX_TRIED}"
      required
      spellcheck="false"
      autocomplete="off"
    >
${input.payload}</textarea>
    <button class="main">Try it with ${name}</button>
  </form>`
}

function select(
  name: string,
  label: string,
  options: readonly (readonly string[])[],
  chosen: string
): string {
  const elements = options.map(
    ([value = '', text = value]) =>
      html`<option value="${value}" !${value === chosen ? 'selected' : ''}>${text}</option>`
  )
  return html`<p>
    <label for="${name}">${label}</label>
    <select id="${name}" name="${name}">
      !${elements}
    </select>
  </p>`
}
