import { readFileSync } from 'node:fs'
import { errorCode } from '../../../error-code.ts'
import { Problem } from '../../../errors.ts'
import { readRuleSettings } from '../../../config/environment.ts'
import { leadRules } from '../../../config/runtime-config.ts'
import { readGatewayFile } from '../../../config/gateway-file.ts'
import { readBatch } from '../../../updates/batch.ts'
import { ALL_RIGHTS } from '../../../leads/rights.ts'
import type { RejectedUpdate, Update } from '../../../leads/update.ts'
import { MEASURED } from '../../../vicidial/builds.ts'
import { DEFAULT_MAX_ITEMS, type MappedEvents, type WebhookEndpoint } from '../../../webhooks/endpoint.ts'
import type { Hint } from '../../../webhooks/mapping/hints.ts'
import { withFailures } from '../../../webhooks/receive.ts'
import { type FailedTrial, tryPayload as tryRequest, type Trial as Tried } from '../../../webhooks/trial.ts'

export interface TryOptions {
  readonly source: string
  readonly file: string
  readonly contentType: string
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>
}

/** The output as text and as JSON, and the exit code: 0 all valid, 1 something rejected, 2 not tried. */
export interface Trial {
  readonly text: string
  readonly json: Readonly<Record<string, unknown>>
  readonly exitCode: 0 | 1 | 2
}

/** Shows the updates that a payload becomes, without sending anything. Never throws for invalid input. */
export async function tryPayload(
  options: TryOptions,
  env: Readonly<Record<string, string | undefined>>
): Promise<Trial> {
  const faults: string[] = []
  const path = env['GATEWAY_CONFIG'] ?? ''
  if (path === '') faults.push('GATEWAY_CONFIG is required: a YAML file with webhooks.')
  const vicidial = readRuleSettings(env, faults)
  const file = path === '' ? undefined : readGatewayFile(path, faults)
  const body = readBody(options.file, faults)
  if (faults.length > 0 || file === undefined || body === undefined) return failed(2, faults)

  const endpoint = file.webhooks.find(({ name }) => name === options.source)
  if (endpoint === undefined) {
    const names = file.webhooks.map(({ name }) => name).join(', ')
    return failed(2, [`There is no webhook ${options.source}. The webhooks are: ${names || 'none'}.`])
  }
  const { build = MEASURED.build } = vicidial
  const rules = { ...leadRules(vicidial, build, file.customFields), rights: ALL_RIGHTS }
  const { contentType, headers } = options
  const trial = await tryRequest(endpoint, { body, contentType, headers: { ...headers } }, (mapped) =>
    readUpdates(endpoint, mapped, rules)
  )
  if ('challenge' in trial) return answered(trial.challenge)
  return 'fault' in trial ? notMapped(trial) : report(endpoint, trial)
}

function failed(exitCode: 1 | 2, faults: readonly string[]): Trial {
  return { text: faults.map((fault) => `${fault}\n`).join(''), json: { faults }, exitCode }
}

function answered(challenge: Readonly<Record<string, string>>): Trial {
  const text = 'It asks whether this is its address, and gets the answer. It has no events.\n'
  return { text, json: { answer: challenge }, exitCode: 0 }
}

function notMapped({ fault, hints }: FailedTrial): Trial {
  const what = fault instanceof Problem ? `${fault.code}: ${fault.message}` : fault.message
  const { text, json, exitCode } = failed(1, [what])
  return {
    text: text + hints.map((hint) => `${hintLine(hint)}\n`).join(''),
    json: { ...json, ...(hints.length > 0 && { hints: hints.map(hintJson) }) },
    exitCode
  }
}

function readBody(file: string, faults: string[]): Buffer | undefined {
  try {
    return readFileSync(file === '-' ? 0 : file)
  } catch (error) {
    faults.push(`${file} cannot be read (${errorCode(error)}).`)
    return undefined
  }
}

type Entry = Update | RejectedUpdate

function readUpdates(
  endpoint: WebhookEndpoint,
  mapped: MappedEvents,
  rules: Omit<Parameters<typeof readBatch>[1], 'maxUpdates' | 'defaults'>
): readonly Entry[] {
  const { updates } = mapped
  if (updates.length === 0) return []
  const defaults = endpoint.options
  const batch = readBatch({ updates }, { ...rules, maxUpdates: DEFAULT_MAX_ITEMS, defaults })
  if ('errors' in batch) throw new Problem(batch.code, batch.errors[0]?.detail ?? '')
  return withFailures(batch.entries, mapped)
}

/** Why there is no id to show. */
function noId({ eventId }: WebhookEndpoint, { eventIds, ignored }: MappedEvents): string {
  if (eventId === undefined || eventIds.length > 0 || ignored === 0)
    return 'none, so repeats are not recognized'
  return `not evaluated, as ${ignored === 1 ? 'the event is' : 'all events are'} ignored`
}

function report(endpoint: WebhookEndpoint, { events: mapped, entries, hints }: Tried): Trial {
  const { updates, events, ignored, ignoredEvents, eventIds } = mapped
  const byEvent = Map.groupBy(hints, ({ event }) => event)
  const hintLines = (event?: number) => (byEvent.get(event) ?? []).map(hintLine)
  const ids = [...new Set(eventIds)]
  const idLine =
    ids.length > 1
      ? `event ids: ${eventIds.map((id) => id ?? 'none').join(', ')}`
      : `event id: ${ids[0] ?? noId(endpoint, mapped)}`
  const count = `${updates.length} ${updates.length === 1 ? 'update' : 'updates'}`
  const lines = [
    `${endpoint.name}: ${count}, ${ignored} ignored`,
    idLine,
    ...hintLines(),
    ...entries.flatMap((entry) => [
      '',
      JSON.stringify(updates[entry.index]),
      ...linesOf(entry),
      ...hintLines(events[entry.index])
    ]),
    ...ignoredEvents.flatMap(({ event, code, expression }) => [
      '',
      `event ${event} is ignored: ${code === 'unwanted' ? 'when is not true' : `nothing to set (${expression})`}`,
      ...hintLines(event)
    ]),
    ...(ignored > ignoredEvents.length
      ? ['', `${ignored - ignoredEvents.length} more events are ignored`]
      : [])
  ]
  const isValid = entries.every((entry) => 'changes' in entry)
  const json = {
    source: endpoint.name,
    event_id: ids.length > 1 ? null : (ids[0] ?? null),
    ...(ids.length > 1 && { event_ids: eventIds.map((id) => id ?? null) }),
    ignored,
    ...(ignored > 0 && { ignored_events: ignoredEvents }),
    ...(hints.length > 0 && { hints: hints.map(hintJson) }),
    updates: entries.map((entry) => ({ update: updates[entry.index], ...entryJson(entry) }))
  }
  return { text: `${lines.join('\n')}\n`, json, exitCode: isValid ? 0 : 1 }
}

function hintLine({ expression, text }: Hint): string {
  return `  hint      ${expression}: ${text}`
}

function hintJson({ isSimilar: _, ...hint }: Hint) {
  return hint
}

function entryJson(entry: Entry) {
  if ('refusals' in entry) return { refusals: entry.refusals }
  const { function: call, stored, warnings } = entry.changes
  return { function: call, stored, warnings }
}

function linesOf(entry: Entry): string[] {
  if ('refusals' in entry) {
    return entry.refusals.map(({ pointer, code, detail }) => `  rejected  ${code} at ${pointer}: ${detail}`)
  }
  const { function: call, stored, warnings } = entry.changes
  return [
    `  VICIdial  ${call}, lead ${entry.key.by} ${entry.key.value}`,
    `  stored    ${JSON.stringify(stored)}`,
    ...warnings.map(
      ({ field, code, sent, stored, refusal }) =>
        `  warning   ${code} in ${field}: ${JSON.stringify(sent)} is ` +
        (stored === undefined ? `left out, as ${refusal}` : `stored as ${JSON.stringify(stored)}`)
    )
  ]
}
