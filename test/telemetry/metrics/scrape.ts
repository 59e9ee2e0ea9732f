import { API_KEY, call, type Gateway } from '../../helper.ts'

export const OPEN_METRICS = 'application/openmetrics-text;version=1.0.0;q=0.6,text/plain;version=0.0.4;q=0.3'
const TYPE = /^# TYPE (\S+) (\S+)$/
const SAMPLE = /^([a-z_]+)(?:\{(.*)\})? (\S+)$/
const LABEL = /([a-z_]+)="((?:[^"\\]|\\.)*)"/g

export interface Sample {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

/** What a scrape gave. */
export interface Scraped {
  readonly text: string
  readonly contentType: string | null
  /** The kind of each metric, by name. */
  readonly types: ReadonlyMap<string, string>
  readonly samples: readonly Sample[]
  /** The sum of the samples with this name, without the gateway's prefix, and these labels. */
  readonly value: (name: string, labels?: Readonly<Record<string, string>>) => number
}

/** Reads the metrics as a caller that may. */
export async function scrape(
  gateway: Pick<Gateway, 'origin'>,
  { accept = 'text/plain', key = API_KEY } = {}
): Promise<Scraped> {
  const { status, headers, body } = await call(gateway, 'GET', '/metrics', undefined, {
    accept,
    authorization: `Bearer ${key}`
  })
  if (status !== 200) throw new Error(`not scraped: ${status}`)
  return { ...readMetrics(body), text: body, contentType: headers.get('content-type') }
}

/** Reads the exposition format. */
export function readMetrics(text: string): Pick<Scraped, 'types' | 'samples' | 'value'> {
  const types = new Map<string, string>()
  const samples: Sample[] = []
  for (const line of text.split('\n')) {
    const [, typed, type] = TYPE.exec(line) ?? []
    if (typed !== undefined && type !== undefined) types.set(typed, type)
    if (line === '' || line.startsWith('#')) continue
    const [, name, labels = '', value] = SAMPLE.exec(line) ?? []
    if (name === undefined) throw new Error(`not a sample: ${line}`)
    const pairs = [...labels.matchAll(LABEL)].map(([, label = '', held = '']) => [label, held] as const)
    samples.push({ name, labels: Object.fromEntries(pairs), value: Number(value) })
  }
  const value = (name: string, labels: Readonly<Record<string, string>> = {}) =>
    samples
      .filter((sample) => sample.name === `vicidial_gateway_${name}`)
      .filter((sample) => Object.entries(labels).every(([label, held]) => sample.labels[label] === held))
      .reduce((sum, sample) => sum + sample.value, 0)
  return { types, samples, value }
}
