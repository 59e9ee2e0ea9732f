import { html } from 'ghtml'
import { badge } from '../page.ts'
import { counted, number } from '../times.ts'
import { codeLink } from './counts-table.ts'

/** What a payload became. */
export interface TrialView {
  /** What the sender would get. */
  readonly answer: { readonly status: number; readonly code?: string }
  /** The answer to a sender that asks whether this is its address. */
  readonly challenge?: Readonly<Record<string, string>>
  /** Why nothing can be read of the payload. */
  readonly fault?: string
  readonly counts?: { readonly updates: number; readonly ignored: number }
  /** Where the ids of events come from, and which they are. */
  readonly eventIds?: string
  /** Hints about the payload as a whole. */
  readonly hints: readonly TrialHint[]
  /** The first ones. */
  readonly updates: readonly TriedUpdate[]
  /** The first ones. */
  readonly ignored: readonly IgnoredTrial[]
}

export interface TrialHint {
  readonly expression: string
  readonly text: string
}

/** An update that an event became. */
export interface TriedUpdate {
  /** The number of its event, from 0. */
  readonly event: number
  /** As it is made by the mapping. */
  readonly update: unknown
  /** VICIdial's function, and the lead; absent if the update is refused. */
  readonly call?: string
  /** The values that VICIdial would hold. */
  readonly stored?: Readonly<Record<string, unknown>>
  readonly warnings: readonly string[]
  readonly refusals: readonly { readonly code: string; readonly pointer: string; readonly detail: string }[]
  readonly hints: readonly TrialHint[]
}

export interface IgnoredTrial {
  readonly event: number
  readonly why: string
  readonly hints: readonly TrialHint[]
}

/** Longest JSON of an update that is shown, in characters. */
const MAX_SHOWN = 4_000

export function trialSection(trial: TrialView): string {
  const { answer, challenge, fault, counts, eventIds, hints, updates, ignored } = trial
  const inOrder = [...updates, ...ignored].toSorted((a, b) => a.event - b.event)
  const code = answer.code === undefined ? '' : html` !${codeLink(answer.code)}`
  return html`<section aria-labelledby="trial">
    <h2 id="trial">What it becomes</h2>
    <p role="status">
      !${counts === undefined ? '' : `${counted(counts.updates, 'update')}, ${number(counts.ignored)} ignored. `}The
      sender would get ${answer.status}!${code}.
    </p>
    !${fault === undefined ? '' : html`<p class="alert">${fault}</p>`}
    !${challenge === undefined ? '' : challengeAnswer(challenge)}
    !${eventIds === undefined ? '' : html`<p>${eventIds}</p>`} !${hintList(hints)}
    !${inOrder.map((one) => ('why' in one ? ignoredEntry(one) : updateEntry(one)))}
    !${more(counts?.updates, updates.length, 'update')}
    !${more(counts?.ignored, ignored.length, 'ignored event')}
  </section>`
}

function challengeAnswer(challenge: Readonly<Record<string, string>>): string {
  return html`<p>It asks whether this is its address, and has no events. The answer:</p>
    !${json(challenge, 'Answer')}`
}

function updateEntry({ event, update, call, stored, warnings, refusals, hints }: TriedUpdate): string {
  const id = `event-${event}`
  const state = refusals.length > 0 ? badge('refused', 'bad') : badge('would be sent', 'good')
  return html`<section class="tried" aria-labelledby="${id}">
    <h3 id="${id}">Event ${event} !${state}</h3>
    !${json(update, `Update of event ${event}`)}
    <ul>
      !${call === undefined ? '' : html`<li>VICIdial: ${call}</li>`}
      !${stored === undefined ? '' : html`<li>Stored: <code>${cut(JSON.stringify(stored))}</code></li>`}
      !${refusals.map(({ code, pointer, detail }) => html`<li>Refused: !${codeLink(code)} at <code>${pointer}</code>: ${detail}</li>`)}
      !${warnings.map((warning) => html`<li>Warning: ${warning}</li>`)}
    </ul>
    !${hintList(hints)}
  </section>`
}

function ignoredEntry({ event, why, hints }: IgnoredTrial): string {
  const id = `event-${event}`
  return html`<section class="tried" aria-labelledby="${id}">
    <h3 id="${id}">Event ${event} !${badge('ignored', 'plain')}</h3>
    <p>${why}</p>
    !${hintList(hints)}
  </section>`
}

function hintList(hints: readonly TrialHint[]): string {
  if (hints.length === 0) return ''
  return html`<ul class="hints">
    !${hints.map(({ expression, text }) => html`<li>Hint: <code>${expression}</code>: ${text}</li>`)}
  </ul>`
}

function more(all: number | undefined, shown: number, what: string): string {
  const hidden = (all ?? 0) - shown
  return hidden > 0 ? html`<p>${counted(hidden, `more ${what}`)} not shown.</p>` : ''
}

function json(value: unknown, label: string): string {
  const text = cut(JSON.stringify(value, null, 2))
  return html`<pre class="payload" tabindex="0" role="region" aria-label="${label}">${text}</pre>`
}

function cut(text: string): string {
  return text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text
}
