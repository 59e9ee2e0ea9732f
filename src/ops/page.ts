import { html } from 'ghtml'
import type { Caller } from '../callers/caller.ts'

/** Where the pages are. */
export const OPS = '/ops'

const PLACES = [
  [OPS, 'Overview'],
  [`${OPS}/jobs`, 'Jobs'],
  [`${OPS}/dead-letters`, 'Dead letters']
] as const

export interface Page {
  readonly title: string
  /** HTML. */
  readonly content: string
  /** Who is signed in; null: nobody. */
  readonly caller: Pick<Caller, 'name'> | null
  /** The path under which the page stands in the list of pages. */
  readonly place?: (typeof PLACES)[number][0]
}

/** A whole page. What is put into a template is text and is escaped; only what follows a `!` is HTML already. */
export function page({ title, content, caller, place }: Page): string {
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
          !${caller ? signedIn(caller, place) : ''}
        </header>
        <main id="content" tabindex="-1">
          <h1>${title}</h1>
          !${content}
        </main>
      </body>
    </html> `
}

function signedIn({ name }: Pick<Caller, 'name'>, place: string | undefined): string {
  const links = PLACES.map(
    ([path, title]) =>
      html`<li><a href="${path}" !${path === place ? 'aria-current="page"' : ''}>${title}</a></li>`
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

/** A table that can be scrolled sideways, with the keyboard too, where the window is narrow. */
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

/** What was done, or has to be known first. */
export function notice(sentences: readonly string[]): string {
  return sentences.length === 0 ? '' : html`<p class="notice" role="status">${sentences.join(' ')}</p>`
}

/** A state in words, which say what its colour only repeats. */
export function badge(word: string, mood: 'good' | 'bad' | 'busy' | 'plain'): string {
  return html`<span class="badge ${mood}">${word}</span>`
}

/** The address of a page with a query; what is undefined or empty is left out. */
export function address(path: string, query: Readonly<Record<string, string | undefined>>): string {
  const given = new URLSearchParams()
  for (const [name, value] of Object.entries(query)) if (value) given.set(name, value)
  return given.size === 0 ? path : `${path}?${given.toString()}`
}
