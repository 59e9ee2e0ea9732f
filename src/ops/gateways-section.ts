import { html } from 'ghtml'
import type { ClusterView } from '../cluster/cluster-view.ts'
import { badge, table } from './page.ts'
import { inWords, moment } from './times.ts'

/** The gateways of the cluster. The last hour is this gateway's own, the states of VICIdial are the owner's. */
export function gatewaysSection({ gateway: self, owner, lastTerm, list }: ClusterView, now: number): string {
  const rows = list.map(({ gateway, address, version, isPresent, isAlike, startedAt, seenMsAgo }) => {
    const isOwner = gateway === owner?.gateway
    const role = isOwner ? badge('calls VICIdial', 'good') : badge('takes requests', 'plain')
    return html`<tr>
      <th scope="row">${gateway}${gateway === self ? ' (this one)' : ''}</th>
      <td>!${isPresent ? role : badge('gone', 'bad')}</td>
      <td>${address ?? 'none'}</td>
      <td>${version}</td>
      <td>!${moment(startedAt, now)}</td>
      <td>${inWords(seenMsAgo)} ago</td>
      <td class="prose">${isAlike ? '' : 'Its configuration differs from that of this gateway.'}</td>
    </tr>`
  })
  const columns = ['Gateway', 'State', 'Address', 'Version', 'Started', 'Seen', 'What to do']
  return html`<section aria-labelledby="gateways">
    <h2 id="gateways">Gateways</h2>
    <p>
      ${owner === undefined ? 'No gateway calls VICIdial at the moment.' : `${owner.gateway} calls VICIdial.`}
      Term ${owner?.term ?? lastTerm}. The last hour above is this gateway's own.
    </p>
    !${table('Gateways that share the database', columns, rows)}
  </section>`
}
