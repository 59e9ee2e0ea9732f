import { html } from 'ghtml'
import { type Attempt, MAX_ATTEMPTS_KEPT, type UpdateAttempts } from '../outbox/attempts.ts'
import { counted, inWords, number, utc } from './times.ts'

/**
 * The attempts of an update, each with VICIdial's answer, and when the next one is due.
 * @param steady the steady clock's time, by which attempts are due
 */
export function attemptList({ index, attempts, nextAt }: UpdateAttempts, steady: number): string {
  const last = attempts.at(-1)
  if (last === undefined) return ''
  const left = last.number - attempts.length
  return html`<details id="attempts-${index}">
    <summary>${counted(last.number, 'attempt')}!${nextAt === undefined ? '' : next(nextAt, steady)}</summary>
    !${left > 0 ? html`<p>The last ${number(MAX_ATTEMPTS_KEPT)} of them:</p>` : ''}
    <ol class="attempts" start="${attempts[0]?.number ?? 1}">
      !${attempts.map((attempt) => html`<li>!${sentence(attempt)}</li>`)}
    </ol>
  </details>`
}

function next(at: number, steady: number): string {
  return at > steady ? html`, the next in ${inWords(at - steady)}` : ', the next one is due'
}

function sentence({ at, status, code, detail, said }: Attempt): string {
  const why = code === undefined ? '' : html`, <a href="/problems/${code}">${code}</a>: ${detail ?? ''}`
  const words = said === undefined ? '' : html` VICIdial's words: <q>${said}</q>`
  return html`!${utc(at)}: ${status.replace('_', ' ')}!${why}!${words}`
}
