import type { Test } from 'tap'
import type { FoundField } from './custom-types.ts'
import { type RandomUpdate, randomUpdates, type TestLeads } from './random-updates.ts'
import { type Ask, misread } from './reading.ts'
import { CUSTOM, type ReadRows } from './rows.ts'
import { differences, judge } from './truth.ts'

const BATCH = 100
/** In how many batches all leads are read through the gateway, too. */
const BATCHES_UNTIL_READ = 10
/** Untruths that are shown; all are counted. */
const MOST_SHOWN = 30

interface RandomRun {
  readonly count: number
  readonly seed: number
  readonly leads: TestLeads
  readonly customFields: readonly FoundField[]
  readonly readRows: ReadRows
  readonly ask: Ask
}

/** Sends random updates in batches. After each, compares every lead with what the results said, column by column. */
export async function checkRandomUpdates(t: Test, run: RandomRun): Promise<void> {
  const { count, seed, leads, customFields, readRows, ask } = run
  const batch = (body: object) => ask('POST', '/v1/leads/batch-update', body)
  const all = [...leads.free, ...leads.keyed.map(({ lead }) => lead)]
  const rows = await readRows(new Map(all.map((lead) => [lead, new Set<string>()])))
  const updates = randomUpdates(count, seed, leads, customFields)
  const tally = new Map<string, number>()
  let untruths = 0
  const untrue = (what: string) => {
    untruths++
    if (untruths <= MOST_SHOWN) t.comment(`UNTRUE: ${what}`)
  }
  for (let first = 0; first < count; first += BATCH) {
    const sent = updates.slice(first, first + BATCH)
    const dry = await batch({ updates: sent, dry_run: true })
    const real = await batch({ updates: sent })
    const expected = new Map(rows)
    const columns = new Map(all.map((lead) => [lead, new Set<string>()]))
    const unsure = new Set<number>()
    for (const [index, update] of sent.entries()) {
      const [planned, result] = [dry.body.results?.[index], real.body.results?.[index]]
      if (planned?.index !== index || result?.index !== index) {
        untrue(`HTTP ${dry.status} and ${real.status}: no result for ${JSON.stringify(update)}`)
        continue
      }
      const code = result.error === undefined ? '' : ` ${result.error.code}`
      tally.set(result.status + code, (tally.get(result.status + code) ?? 0) + 1)
      const judged = judge(update, planned, result, leads)
      for (const fault of judged.faults) untrue(`${fault}: ${describe(update, result)}`)
      for (const lead of judged.unsure) unsure.add(lead)
      for (const [lead, values] of judged.stored) {
        const reset = update['reset_called'] === true ? { called_since_last_reset: 'N' } : {}
        expected.set(lead, { ...expected.get(lead), ...values, ...reset })
      }
      noteColumns(update, result, columns)
    }
    const actualRows = await readRows(columns)
    if ((first / BATCH) % BATCHES_UNTIL_READ === 0) {
      const { body } = await ask('POST', '/v1/leads/read', { lead_ids: all, custom_fields: true })
      for (const result of body.results.filter(({ error }: any) => error?.code !== 'lead_unreadable'))
        for (const what of misread(result, actualRows.get(result.lead_id) ?? {}))
          untrue(`lead ${result.lead_id}: ${what}`)
    }
    for (const [lead, actual] of actualRows) {
      if (!unsure.has(lead)) {
        const about = () => sent.filter((_, index) => namesLead(real.body.results?.[index], lead))
        for (const what of differences(expected.get(lead) ?? {}, actual))
          untrue(`lead ${lead}: ${what}, after ${JSON.stringify(about())}`)
      }
      rows.set(lead, { ...rows.get(lead), ...actual })
    }
    if ((first / BATCH) % 10 === 9) t.comment(`${first + sent.length} updates, ${untruths} untruths`)
  }
  for (const [result, times] of [...tally].toSorted(([, one], [, other]) => other - one))
    t.comment(`${String(times).padStart(6)} ${result}`)
  t.equal(untruths, 0, `${count} random updates (seed ${seed}): every answer is true`)
}

function describe(update: RandomUpdate, result: unknown): string {
  return `${JSON.stringify(update)} → ${JSON.stringify(result)}`
}

function namesLead(result: any, lead: number): boolean {
  return result?.lead_id === lead || result?.lead_ids?.includes(lead)
}

/** Adds the columns that an update named to those that must be read of its leads. */
function noteColumns(
  { fields = {}, custom_fields: custom = {} }: RandomUpdate,
  result: any,
  columns: ReadonlyMap<number, Set<string>>
): void {
  const isStored = result.status === 'updated'
  for (const lead of (result.lead_ids ?? [result.lead_id]) as number[]) {
    for (const name of Object.keys(fields)) columns.get(lead)?.add(name)
    if (isStored) for (const label of Object.keys(custom)) columns.get(lead)?.add(CUSTOM + label)
  }
}
