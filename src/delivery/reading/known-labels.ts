import { steadyNow } from '../../steady-clock.ts'
import type { Exchanged } from '../../vicidial/exchange/call-runner.ts'
import type { LabelsReply } from '../../vicidial/reply/labels-reply.ts'

/** How long the custom fields of a list count as known, in milliseconds. */
const KNOWN_MS = 60_000
/** After how long VICIdial is asked again if it refused to tell them, in milliseconds: it will hardly do so soon. */
const REFUSED_MS = 3_600_000

type Labels = ReadonlySet<string> | undefined

/** The custom fields that lists have. Asks for those of a list about once a minute. */
export class KnownLabels {
  readonly #known = new Map<string, { readonly labels: Promise<Labels>; until: number }>()

  /**
   * The labels of a list's custom fields; undefined if VICIdial does not tell, as the account may not modify lists.
   * @param ask asks VICIdial, if that is due
   */
  of(list: string, ask: () => Promise<Exchanged<LabelsReply>>): Promise<Labels> {
    const known = this.#known.get(list)
    if (known !== undefined && known.until > steadyNow()) return known.labels
    const labels = ask().then(({ reply, isUnsent }) => {
      if (isUnsent) this.#known.delete(list)
      else if (reply.kind === 'refused') asked.until = steadyNow() + REFUSED_MS
      return reply.kind === 'labels' ? reply.labels : undefined
    })
    const asked = { labels, until: steadyNow() + KNOWN_MS }
    this.#known.set(list, asked)
    return labels
  }
}
