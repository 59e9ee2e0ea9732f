import { html } from 'ghtml'
import type { Caller } from '../callers/caller.ts'
import type { ClusterView } from '../cluster/cluster-view.ts'
import { type ErrorCode, ERRORS } from '../errors.ts'
import type { UpstreamState } from '../vicidial/guard.ts'
import { chart } from './chart.ts'
import { gatewaysSection } from './gateways-section.ts'
import { KINDS, type Minute, type Reason, STORED_DIFFERS } from './last-hour.ts'
import { badge, OPS, page, table } from './page.ts'
import { inWords, moment, number, utc } from './times.ts'
import { STATE_WORDS } from './upstream-words.ts'

/** What the overview shows. */
export interface Overview {
  readonly minutes: readonly Minute[]
  readonly reasons: readonly Reason[]
  /** By account. */
  readonly states: ReadonlyMap<string, UpstreamState>
  /** Pending stored updates, by account. */
  readonly stored: ReadonlyMap<string, number>
  /** Updates that are being sent or wait for their call, by account. */
  readonly inFlight: ReadonlyMap<string, number>
  /** Wait of the oldest request that nothing was sent of yet, in milliseconds; 0 without one. */
  readonly oldestWaitingMs: number
  /** When the oldest pending stored update was accepted, in milliseconds since the epoch; undefined without one. */
  readonly oldestAt: number | undefined
  readonly deadLetters: number
  /** Why nothing can be stored; undefined while writing works. */
  readonly fault: string | undefined
  /** The gateways that share the database; undefined if it is no other's. */
  readonly cluster: ClusterView | undefined
}

export function overviewPage(overview: Overview, caller: Caller, now = Date.now()): string {
  const content = html`<p class="refresh" hidden>
      <label><input type="checkbox" id="refresh" checked /> Refresh every 10 seconds</label>
      <span role="status" id="refresh-status"></span>
    </p>
    <div id="live" data-refresh>
      <p>As of !${utc(now)}</p>
      !${fault(overview.fault)} !${stoppedAccounts(overview.states)} !${presentState(overview, now)}
      <section aria-labelledby="hour">
        <h2 id="hour">The last hour</h2>
        !${chart(overview.minutes)}
      </section>
      <section aria-labelledby="reasons">
        <h2 id="reasons">Why updates were not made, or differ, in the last hour</h2>
        !${reasons(overview.reasons)}
      </section>
      <section aria-labelledby="accounts">
        <h2 id="accounts">VICIdial, by account</h2>
        !${accounts(overview, now)}
      </section>
      !${overview.cluster === undefined ? '' : gatewaysSection(overview.cluster, now)}
    </div>`
  return page({ title: 'Overview', content, caller, path: OPS })
}

function fault(text: string | undefined): string {
  if (text === undefined) return ''
  return html`<p class="alert" role="alert">
    Nothing can be stored: ${text}. Make room on the disk, or mount it again; the gateway then continues
    automatically.
  </p>`
}

/** A banner for each state in which VICIdial takes no updates, with the accounts in it. */
function stoppedAccounts(states: Overview['states']): string[] {
  const stopped = [...states].filter(([, { state }]) => STATE_WORDS[state].mood === 'bad')
  const byState = Map.groupBy(stopped, ([, { state }]) => state)
  return [...byState].map(([state, accounts]) => {
    const { words, advice } = STATE_WORDS[state]
    const names = accounts.map(([name]) => name).join(', ')
    return html`<p class="alert" role="alert">
      VICIdial ${words}. <a href="#accounts">${accounts.length === 1 ? 'Account' : 'Accounts'}</a>: ${names}.
      ${advice}
    </p>`
  })
}

function presentState(overview: Overview, now: number): string {
  const { minutes, stored, inFlight, oldestWaitingMs, oldestAt, deadLetters } = overview
  const running = minutes.at(-1)
  const before = minutes.at(-2)
  const waits = total(stored)
  const figures = [
    ['In the minute that is running', running ? number(sumOf(running)) : '0', 'updates have ended'],
    ['In the minute before', before ? number(sumOf(before)) : '0', 'updates ended'],
    ['In hand', number(total(inFlight)), 'updates are being sent, or wait for their call'],
    [
      'Oldest waiting',
      oldestWaitingMs === 0 ? 'none' : inWords(oldestWaitingMs),
      oldestWaitingMs === 0 ? 'of those in hand waits for its call' : 'in hand without a call'
    ],
    ['Stored', number(waits), waits === 0 ? 'nothing has to be delivered' : 'updates to be delivered'],
    [
      'Oldest stored',
      oldestAt === undefined ? 'none' : inWords(now - oldestAt),
      oldestAt === undefined ? 'nothing waits' : 'since it was accepted'
    ],
    ['Dead letters', number(deadLetters), deadLetters === 0 ? 'none was given up' : 'were given up']
  ] as const
  const items = figures.map(
    ([name, value, unit]) =>
      html`<div>
        <dt>${name}</dt>
        <dd><b>${value}</b> ${unit}</dd>
      </div>`
  )
  return html`<section aria-labelledby="now">
    <h2 id="now">Now</h2>
    <dl class="figures">!${items}</dl>
  </section>`
}

function total(counts: ReadonlyMap<string, number>): number {
  return [...counts.values()].reduce((sum, count) => sum + count, 0)
}

function reasons(list: readonly Reason[]): string {
  if (list.length === 0) return html`<p class="empty">Every update that ended was made.</p>`
  const rows = list.map(
    ({ code, kind, count }) =>
      html`<tr>
        <th scope="row">
          !${code === STORED_DIFFERS ? code : html`<a href="/problems/${code}">${code}</a>`}
        </th>
        <td>${meaningOf(code)}</td>
        <td>${kind}</td>
        <td class="number">${number(count)}</td>
      </tr>`
  )
  return table('Reasons, the most frequent first', ['Code', 'Meaning', 'Counted as', 'Updates'], rows)
}

function meaningOf(code: string): string {
  if (code === STORED_DIFFERS) return 'Made, but VICIdial holds something else'
  return code in ERRORS ? ERRORS[code as ErrorCode].title : ''
}

function accounts({ states, stored, inFlight }: Overview, now: number): string {
  const rows = [...states].map(([name, { state, since }]) => {
    const { words, mood, advice } = STATE_WORDS[state]
    return html`<tr>
      <th scope="row">${name}</th>
      <td>!${badge(words, mood)}</td>
      <td>!${since === undefined ? 'the start' : moment(Date.parse(since), now)}</td>
      <td class="number">${number(inFlight.get(name) ?? 0)}</td>
      <td class="number">${number(stored.get(name) ?? 0)}</td>
      <td class="prose">${advice}</td>
    </tr>`
  })
  return table('Accounts at VICIdial', ['Account', 'State', 'Since', 'In hand', 'Stored', 'What to do'], rows)
}

function sumOf(minute: Minute): number {
  return KINDS.reduce((sum, kind) => sum + minute[kind], 0)
}
