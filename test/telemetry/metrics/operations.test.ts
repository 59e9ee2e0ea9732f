import { readFileSync } from 'node:fs'
import { Registry } from '@prometheus-io/client'
import { parser } from '@prometheus-io/lezer-promql'
import { test } from 'tap'
import { parse } from 'yaml'
import { addClusterMetrics, addRelayTimes } from '../../../src/telemetry/metrics/cluster-metrics.ts'
import { batch, call, startGateway, type Tester } from '../../helper.ts'
import { ended, store } from '../../routes/jobs-of.ts'
import { readMetrics, type Scraped, scrape } from './scrape.ts'

const DASHBOARD = 'docs/operations/grafana-dashboard.json'
const ALERTS = 'docs/operations/alerts.yaml'
/** Labels that Prometheus adds to everything that it scrapes. */
const OF_THE_TARGET = ['job', 'instance']
const PARTS_OF_HISTOGRAM = /_(?:bucket|sum|count)$/

interface Alert {
  readonly alert: string
  readonly expr: string
  readonly labels: { readonly severity: string }
  readonly annotations: { readonly summary: string; readonly runbook_url: string }
}

/** What a query names: metrics, each with the labels that select of it, and the labels by which it groups. */
interface Query {
  readonly text: string
  readonly selectors: readonly { readonly metric: string; readonly labels: readonly string[] }[]
  readonly grouping: readonly string[]
  readonly isWhole: boolean
}

function read(text: string): Query {
  const selectors: { metric: string; labels: string[] }[] = []
  const grouping: string[] = []
  let isWhole = true
  // Grafana puts a time in its place.
  const query = text.replaceAll('$__rate_interval', '5m')
  parser.parse(query).iterate({
    enter: ({ type, node, from, to }) => {
      const said = query.slice(from, to)
      if (type.isError) isWhole = false
      if (node.name === 'VectorSelector') selectors.push({ metric: '', labels: [] })
      const selector = selectors.at(-1)
      if (node.name === 'Identifier' && node.parent?.name === 'VectorSelector' && selector)
        selector.metric = said
      if (node.name !== 'LabelName') return
      if (node.parent?.name === 'GroupingLabels') grouping.push(said)
      else selector?.labels.push(said)
    }
  })
  return { text, selectors, grouping, isWhole }
}

function dashboard() {
  return JSON.parse(readFileSync(DASHBOARD, 'utf8'))
}

function alerts(): Alert[] {
  const { groups } = parse(readFileSync(ALERTS, 'utf8'))
  return groups.flatMap(({ rules }: { rules: Alert[] }) => rules)
}

function panelQueries(): { expr: string; legendFormat: string }[] {
  return dashboard().panels.flatMap(({ targets = [] }: { targets?: [] }) => targets)
}

/** The metrics that a gateway of a cluster has beside all others. */
async function ofACluster(): Promise<Pick<Scraped, 'types' | 'samples'>> {
  const registry = new Registry()
  addClusterMetrics(registry, { isOwner: true, lastTerm: 3, leaseAgeMs: 200, takeovers: 1, list: [] })
  addRelayTimes(registry)(1)
  return readMetrics(await registry.metrics())
}

/** The metrics of a gateway that has done something of everything. */
async function exercised(t: Tester): Promise<Pick<Scraped, 'types' | 'samples'>> {
  const gateway = await startGateway(t)
  await batch(gateway, {
    updates: [
      { vendor_lead_code: 'none', fields: { status: 'SALE' } },
      { lead_id: 1, fields: { status: 'SALE' }, verify: true, hopper: {} }
    ]
  })
  await ended(gateway, await store(gateway, { lead_ids: [2], fields: { status: 'SALE' } }))
  await call(gateway, 'GET', '/nowhere')
  const [alone, shared] = [await scrape(gateway), await ofACluster()]
  return { types: new Map([...alone.types, ...shared.types]), samples: [...alone.samples, ...shared.samples] }
}

function labelsOf({ samples }: Pick<Scraped, 'samples'>, metric: string): Set<string> {
  return new Set(samples.filter(({ name }) => name === metric).flatMap(({ labels }) => Object.keys(labels)))
}

test('every query of the dashboard and the alerts uses existing metrics and labels', async (t) => {
  const scraped = await exercised(t)
  const queries = [...panelQueries(), ...alerts()].map(({ expr }) => read(expr))
  t.ok(queries.length > 40)
  for (const { text, selectors, grouping, isWhole } of queries) {
    t.ok(isWhole, `is PromQL: ${text}`)
    t.ok(selectors.length > 0, text)
    const known = selectors.map(({ metric }) => labelsOf(scraped, metric))
    for (const [index, { metric, labels }] of selectors.entries()) {
      t.ok(
        scraped.samples.some(({ name }) => name === metric),
        `there is ${metric}`
      )
      const unknown = labels.filter((label) => !OF_THE_TARGET.includes(label) && !known[index]?.has(label))
      t.same(unknown, [], `labels of ${metric}`)
    }
    const unknown = grouping.filter(
      (label) => !OF_THE_TARGET.includes(label) && !known.some((labels) => labels.has(label))
    )
    t.same(unknown, [], text)
  }
})

test('every metric of a cluster is on the dashboard, and what can be wrong has an alert', async (t) => {
  const metricsOf = (queries: readonly { readonly expr: string }[]) =>
    new Set(
      queries.flatMap(({ expr }) =>
        read(expr).selectors.map(({ metric }) => metric.replace(PARTS_OF_HISTOGRAM, ''))
      )
    )
  const names = [...(await ofACluster()).types.keys()]
  t.equal(names.length, 6)
  const shown = metricsOf(panelQueries())
  t.same(
    names.filter((name) => !shown.has(name)),
    []
  )
  const watched = metricsOf(alerts())
  t.same(
    names.filter((name) => !watched.has(name)),
    ['vicidial_gateway_cluster_term'],
    'a term that grows is a takeover'
  )
})

test('texts of the dashboard and the alerts use only labels that the query keeps', (t) => {
  const said = [
    ...panelQueries().map(({ expr, legendFormat }) => ({ expr, text: legendFormat })),
    ...alerts().map(({ expr, annotations }) => ({ expr, text: annotations.summary }))
  ]
  for (const { expr, text } of said) {
    const { grouping, selectors } = read(expr)
    const named = [...text.matchAll(/\{\{ ?(?:\$labels\.)?([a-z_]+) ?\}\}/g)].map(([, label = '']) => label)
    if (grouping.length > 0 && selectors.length > 0)
      t.same(
        named.filter((label) => !grouping.includes(label)),
        [],
        `${text} of ${expr}`
      )
  }
  t.end()
})

test('docs/operations.md explains every metric with its labels, and no other', async (t) => {
  const scraped = await exercised(t)
  const text = readFileSync('docs/operations.md', 'utf8')
  const rows = [...text.matchAll(/^\| `([a-z_]+)` \| ([a-z, ]*) \| (.+) \|$/gm)]
  const explained = rows.map(([, name, labels = '']) => [name, labels.trim()])
  const given = [...scraped.types].map(([name, type]) => {
    const labels = new Set(
      scraped.samples
        .filter((sample) => sample.name.replace(type === 'histogram' ? PARTS_OF_HISTOGRAM : '', '') === name)
        .flatMap((sample) => Object.keys(sample.labels))
    )
    labels.delete('le')
    return [name, [...labels].join(', ')]
  })
  t.same(explained.toSorted(), given.toSorted())
  t.end()
})

test('docs/operations.md says what to do about every alert, and each alert links there', (t) => {
  const text = readFileSync('docs/operations.md', 'utf8')
  const headings = [...text.matchAll(/^### (\w+)$/gm)].map(([, name]) => name)
  const rules = alerts()
  t.same(
    headings,
    rules.map(({ alert }) => alert)
  )
  for (const { alert, annotations, labels } of rules) {
    t.equal(annotations.runbook_url, `docs/operations.md#${alert.toLowerCase()}`)
    t.match(annotations.summary, /\.$/)
    t.match(labels.severity, /^(?:critical|warning)$/)
  }
  t.end()
})

test('the dashboard can be imported anywhere: its data source is chosen at import', (t) => {
  const { panels, templating, uid } = dashboard()
  t.equal(uid, 'vicidial-gateway')
  t.match(templating.list[0], { name: 'datasource', type: 'datasource', query: 'prometheus' })
  const ids = new Set(panels.map(({ id }: { id: number }) => id))
  t.equal(ids.size, panels.length)
  for (const { type, title, datasource, targets } of panels) {
    if (type === 'row') continue
    for (const { uid: source } of [datasource, ...targets.map((target: any) => target.datasource)])
      t.equal(source, '${datasource}', title)
  }
  t.end()
})
