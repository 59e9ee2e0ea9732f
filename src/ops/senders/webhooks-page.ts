import { html } from 'ghtml'
import type { Caller } from '../../callers/caller.ts'
import { OPS, page } from '../page.ts'
import { type Column, stackedTable } from '../stacked-table.ts'
import { moment, utc } from '../times.ts'
import { bothCounts } from './counts-table.ts'
import { sumOf } from './hour-count.ts'
import type { Outcome, SourceActivity } from './webhook-activity.ts'

/** A webhook source, as configured. */
export interface SourceFacts {
  readonly name: string
  /** How its senders authenticate, as in the gateway file. */
  readonly auth: string
  readonly storesPayloads: boolean
  /** Whether its senders are callers. */
  readonly isForCallers: boolean
}

export interface WebhooksView {
  readonly sources: readonly { readonly source: SourceFacts; readonly activity: SourceActivity }[]
  /** The start of the counts, in milliseconds since the epoch. */
  readonly since: number
}

export const WEBHOOKS = `${OPS}/webhooks`

export function webhooksPage({ sources, since }: WebhooksView, caller: Caller, now = Date.now()): string {
  const content =
    sources.length === 0
      ? html`<p class="empty">The gateway file has no webhooks.</p>`
      : html`<p>
            Requests at this gateway in the last hour, and in all since !${utc(since)}. Strangers are requests
            whose sender did not authenticate. <a href="${OPS}/try">Try a payload</a>
          </p>
          !${list(sources, now)}`
  return page({ title: 'Webhooks', content, caller, path: WEBHOOKS })
}

const COUNTED = ['accepted', 'repeated', 'ignored', 'refused'] satisfies Outcome[]
const COLUMNS: readonly Column[] = [
  'Source',
  'Authenticates by',
  ['Accepted', 'number'],
  ['Repeated', 'number'],
  ['Ignored', 'number'],
  ['Refused', 'number'],
  ['Strangers', 'number'],
  'Last'
]

function list(sources: WebhooksView['sources'], now: number): string {
  const rows = sources.map(({ source: { name, auth }, activity: { outcomes, strangers } }) => {
    const { lastAt } = sumOf(outcomes)
    return [
      html`<a href="${WEBHOOKS}/${name}">${name}</a>`,
      html`<code>${auth}</code>`,
      ...COUNTED.map((outcome) => bothCounts(sumOf(outcomes.filter((one) => one.name === outcome)))),
      bothCounts(sumOf(strangers)),
      lastAt === undefined ? 'none' : moment(lastAt, now)
    ]
  })
  return stackedTable('Webhook sources', COLUMNS, rows)
}
