import { html } from 'ghtml'
import type { ClusterView } from '../cluster/cluster-view.ts'
import { badge } from './page.ts'
import { stackedTable } from './stacked-table.ts'
import { inWords, moment } from './times.ts'

/** The gateways of the cluster. The last hour is this gateway's own, the longer ranges all gateways', the states of VICIdial are the owner's. */
export function gatewaysSection({ gateway: self, owner, lastTerm, list }: ClusterView, now: number): string {
  const rows = list.map(({ gateway, address, version, isPresent, isAlike, startedAt, seenMsAgo }) => {
    const isOwner = gateway === owner?.gateway
    const role = isOwner ? badge('calls VICIdial', 'good') : badge('takes requests', 'plain')
    return [
      html`${gateway}${gateway === self ? ' (this one)' : ''}`,
      isPresent ? role : badge('gone', 'bad'),
      html`${address ?? 'none'}`,
      html`${version}`,
      moment(startedAt, now),
      `${inWords(seenMsAgo)} ago`,
      isAlike ? '' : 'Its configuration differs from that of this gateway.'
    ]
  })
  const columns = [
    'Gateway',
    'State',
    'Address',
    'Version',
    'Started',
    'Seen',
    ['What to do', 'prose']
  ] as const
  return html`<section aria-labelledby="gateways">
    <h2 id="gateways">Gateways</h2>
    <p>
      ${owner === undefined ? 'No gateway calls VICIdial at the moment.' : `${owner.gateway} calls VICIdial.`}
      Term ${owner?.term ?? lastTerm}. The last hour above is this gateway's own; the longer ranges are those
      of all.
    </p>
    !${stackedTable('Gateways that share the database', columns, rows)}
  </section>`
}
