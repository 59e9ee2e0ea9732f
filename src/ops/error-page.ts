import { html } from 'ghtml'
import { ERRORS, type Problem } from '../errors.ts'
import { OPS, page, type Page } from './page.ts'

/** Says why a request was refused, with a link back. */
export function errorPage(problem: Problem, requestId: string, caller: Page['caller']): string {
  const { title, help } = ERRORS[problem.code]
  const content = html`<p class="alert" role="alert">${problem.message}</p>
    <p>${help}</p>
    <p>Request <code>${requestId}</code></p>
    <p><a href="${OPS}">Back to the overview</a></p>`
  return page({ title, content, caller })
}
