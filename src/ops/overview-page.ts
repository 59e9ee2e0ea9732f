import { html } from 'ghtml'
import type { Caller } from '../callers/caller.ts'
import type { ClusterView } from '../cluster/cluster-view.ts'
import { type ErrorCode, ERRORS } from '../errors.ts'
import type { UpstreamState } from '../vicidial/guard.ts'
import { gatewaysSection } from './gateways-section.ts'
import { historyAddress, searchedTime } from './history-page.ts'
import { address, badge, OPS, page } from './page.ts'
import { stackedTable } from './stacked-table.ts'
import { inWords, moment, number, utc } from './times.ts'
import { chart } from './traffic/chart.ts'
import { KINDS, type Reason, type Slot, STORED_DIFFERS, type Traffic } from './traffic/kinds.ts'
import { type Range, RANGE_NAMES, type RangeName, RANGES, startOf } from './traffic/ranges.ts'
import { STATE_WORDS } from './upstream-words.ts'

/** What the overview shows. */
export interface Overview {
  /** Of the last hour. */
  readonly minutes: readonly Slot[]
  readonly range: RangeName
  /** Of the range. */
  readonly traffic: Traffic
  /** Whether entries of the history are kept. */
  readonly hasHistory: boolean
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
  const { traffic } = overview
  const range = RANGES[overview.range]
  const searchedFrom = overview.hasHistory && caller.may('history') ? startOf(range, now) : undefined
  const content = html`<p class="refresh" hidden>
      <label><input type="checkbox" id="refresh" checked /> Refresh every 10 seconds</label>
      <span role="status" id="refresh-status"></span>
    </p>
    <div id="live" data-refresh>
      <p>As of !${utc(now)}</p>
      !${fault(overview.fault)} !${stoppedAccounts(overview.states)} !${presentState(overview, now)}
      <section aria-labelledby="traffic">
        <h2 id="traffic">!${capitalized(range.words)}</h2>
        !${ranges(overview.range)} !${chart(traffic.slots, range)}
      </section>
      <section aria-labelledby="reasons">
        <h2 id="reasons">Why updates were not made, or differ, in ${range.words}</h2>
        !${reasons(traffic.reasons, range, searchedFrom)}
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
    The gateway can store nothing: ${text}. Make room on the disk, or mount it again. The gateway then
    continues automatically.
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
    ['This minute', running ? number(sumOf(running)) : '0', 'updates have ended'],
    ['The minute before', before ? number(sumOf(before)) : '0', 'updates ended'],
    ['In progress', number(total(inFlight)), 'updates are being sent, or wait for their call'],
    [
      'Oldest waiting',
      oldestWaitingMs === 0 ? 'none' : inWords(oldestWaitingMs),
      oldestWaitingMs === 0 ? 'of those in progress waits for its call' : 'without a call'
    ],
    ['Stored', number(waits), waits === 0 ? 'nothing has to be delivered' : 'updates to be delivered'],
    [
      'Oldest stored',
      oldestAt === undefined ? 'none' : inWords(now - oldestAt),
      oldestAt === undefined ? 'nothing waits' : 'since it was accepted'
    ],
    [
      'Dead letters',
      number(deadLetters),
      deadLetters === 0 ? 'no update failed for good' : 'updates failed for good'
    ]
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

function capitalized(words: string): string {
  return words.charAt(0).toUpperCase() + words.slice(1)
}

/** Links to the other ranges. */
function ranges(chosen: RangeName): string {
  const links = RANGE_NAMES.map((name) => {
    const target = name === '1h' ? OPS : address(OPS, { range: name })
    return html`<li>
      <a href="${target}" !${name === chosen ? 'aria-current="true"' : ''}>${RANGES[name].title}</a>
    </li>`
  })
  return html`<nav aria-label="Range of time">
    <ul class="ranges">
      !${links}
    </ul>
  </nav>`
}

/** @param searchedFrom from when on the history is searched, in milliseconds since the epoch; undefined without one */
function reasons(list: readonly Reason[], { words }: Range, searchedFrom: number | undefined): string {
  if (list.length === 0) return html`<p class="empty">Every update was made.</p>`
  const rows = list.map(({ code, kind, count }) => [
    which(code, searchedFrom),
    meaningOf(code),
    html`${kind}`,
    number(count)
  ])
  const hint = searchedFrom === undefined ? '' : html`<p>A code leads to its updates in the history.</p>`
  const columns = ['Code', 'Meaning', 'Counted as', ['Updates', 'number']] as const
  return hint + stackedTable(`Reasons in ${words}, the most frequent first`, columns, rows)
}

/** A code, with a link to the updates that ended so. The history has no codes of updates that were made. */
function which(code: string, searchedFrom: number | undefined): string {
  if (code === STORED_DIFFERS || searchedFrom === undefined) return html`${code}`
  return html`<a href="${historyAddress({ code, since: searchedTime(searchedFrom) })}">${code}</a>`
}

function meaningOf(code: string): string {
  if (code === STORED_DIFFERS) return 'Made, but VICIdial holds something else'
  const title = code in ERRORS ? ERRORS[code as ErrorCode].title : 'What it means'
  return html`<a href="/problems/${code}">${title}</a>`
}

function accounts({ states, stored, inFlight }: Overview, now: number): string {
  const rows = [...states].map(([name, { state, since }]) => {
    const { words, mood, advice } = STATE_WORDS[state]
    return [
      html`${name}`,
      badge(words, mood),
      since === undefined ? 'the start' : moment(Date.parse(since), now),
      number(inFlight.get(name) ?? 0),
      number(stored.get(name) ?? 0),
      html`${advice}`
    ]
  })
  const columns = [
    'Account',
    'State',
    'Since',
    ['In progress', 'number'],
    ['Stored', 'number'],
    ['What to do', 'prose']
  ] as const
  return stackedTable('Accounts at VICIdial', columns, rows)
}

function sumOf(minute: Slot): number {
  return KINDS.reduce((sum, kind) => sum + minute[kind], 0)
}
