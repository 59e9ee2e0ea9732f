import { html } from 'ghtml'
import type { Caller } from '../callers/caller.ts'

/** Path of the operations page. */
export const OPS = '/ops'

/** The pages, with the permission that each needs. */
const PAGES = [
  [OPS, 'Overview', 'operator'],
  [`${OPS}/jobs`, 'Jobs', 'jobs'],
  [`${OPS}/dead-letters`, 'Dead letters', 'dead_letters'],
  [`${OPS}/history`, 'History', 'history'],
  [`${OPS}/webhooks`, 'Webhooks', 'operator'],
  [`${OPS}/callers`, 'Callers', 'operator']
] as const

export interface Page {
  readonly title: string
  /** HTML. */
  readonly content: string
  /** The signed-in operator; null without one. */
  readonly caller: Pick<Caller, 'name' | 'may'> | null
  /** Path of its entry in the navigation. */
  readonly path?: (typeof PAGES)[number][0]
}

/** A whole HTML page. Templates escape their values as text, except after `!`, where a value is already HTML. */
export function page({ title, content, caller, path }: Page): string {
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width" />
        <title>${title} · vicidial-gateway</title>
        <link rel="icon" href="data:," />
        <link rel="stylesheet" href="${OPS}/ops.css" />
        <script src="${OPS}/ops.js" defer></script>
      </head>
      <body>
        <a class="skip" href="#content">Skip to the content</a>
        <header>
          <p class="name">vicidial-gateway</p>
          !${caller ? signedIn(caller, path) : ''}
        </header>
        <main id="content" tabindex="-1">
          <h1>${title}</h1>
          !${content}
        </main>
      </body>
    </html> `
}

function signedIn(caller: Pick<Caller, 'name' | 'may'>, current: string | undefined): string {
  const { name } = caller
  const links = PAGES.filter(([, , permission]) => caller.may(permission)).map(
    ([path, title]) =>
      html`<li><a href="${path}" !${path === current ? 'aria-current="page"' : ''}>${title}</a></li>`
  )
  return html`<nav aria-label="Pages">
      <ul>
        !${links}
      </ul>
    </nav>
    <form class="session" method="post" action="${OPS}/sign-out">
      <span>Signed in as <b>${name}</b></span>
      <button>Sign out</button>
    </form>`
}

/** A table that scrolls sideways in a narrow window, also by keyboard. */
export function table(caption: string, columns: readonly string[], rows: readonly string[]): string {
  const head = columns.map((column) => html`<th scope="col">${column}</th>`)
  return html`<div class="scroll" role="region" aria-label="${caption}" tabindex="0">
    <table>
      <caption>
        ${caption}
      </caption>
      <thead>
        <tr>
          !${head}
        </tr>
      </thead>
      <tbody>
        !${rows}
      </tbody>
    </table>
  </div>`
}

/** A notice above the page: what was just done, or a warning. */
export function notice(sentences: readonly string[]): string {
  return sentences.length === 0 ? '' : html`<p class="notice" role="status">${sentences.join(' ')}</p>`
}

/** A state as a coloured word. The colour adds nothing that the word doesn't say. */
export function badge(word: string, mood: 'good' | 'bad' | 'busy' | 'plain'): string {
  return html`<span class="badge ${mood}">${word}</span>`
}

/** A path with a query. Undefined and empty parameters are left out. */
export function address(path: string, query: Readonly<Record<string, string | undefined>>): string {
  const given = new URLSearchParams()
  for (const [name, value] of Object.entries(query)) if (value) given.set(name, value)
  return given.size === 0 ? path : `${path}?${given.toString()}`
}
