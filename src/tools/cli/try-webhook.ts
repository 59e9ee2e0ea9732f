import { readFileSync } from 'node:fs'
import { errorCode } from '../../error-code.ts'
import { Problem } from '../../errors.ts'
import { readGatewayFile } from '../../config/gateway-file.ts'
import { readBatch } from '../../leads/batch.ts'
import { createCleaner } from '../../leads/clean.ts'
import { ALL_RIGHTS } from '../../leads/rights.ts'
import type { RejectedUpdate, Update } from '../../leads/update.ts'
import type { MappedPayload } from '../../webhooks/mapping/mapping.ts'
import { DEFAULT_MAX_ITEMS, MappingError, type WebhookEndpoint } from '../../webhooks/endpoint.ts'

export interface TryOptions {
  readonly source: string
  readonly file: string
  readonly contentType: string
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>
}

/** What is printed, for people and for machines, and how the process ends: 0 all sound, 1 something refused, 2 not tried. */
export interface Trial {
  readonly text: string
  readonly json: Readonly<Record<string, unknown>>
  readonly exitCode: 0 | 1 | 2
}

/** Tells what a payload in a file would become, without sending anything. Never throws for what it is given. */
export async function tryPayload(
  options: TryOptions,
  env: Readonly<Record<string, string | undefined>>
): Promise<Trial> {
  const faults: string[] = []
  const path = env['GATEWAY_CONFIG'] ?? ''
  const nonLatin = env['VICIDIAL_NON_LATIN'] ?? ''
  if (path === '') faults.push('GATEWAY_CONFIG is required: a YAML file with webhooks.')
  if (!['', '0', '1'].includes(nonLatin)) faults.push('VICIDIAL_NON_LATIN must be 0 or 1.')
  const file = path === '' ? undefined : readGatewayFile(path, faults)
  const body = readBody(options.file, faults)
  if (faults.length > 0 || file === undefined || body === undefined) return refused(2, faults)

  const source = file.webhooks.find(({ name }) => name === options.source)
  if (source === undefined) {
    const names = file.webhooks.map(({ name }) => name).join(', ')
    return refused(2, [`There is no webhook source ${options.source}; there is: ${names || 'none'}.`])
  }
  try {
    const payload = source.parse(body, options.contentType)
    const eventId = await source.eventId({ ...options.headers }, payload)
    const mapped = await source.map(payload)
    const rules = {
      clean: createCleaner(nonLatin === '1' ? 1 : 0),
      customFields: file.customFields,
      rights: ALL_RIGHTS
    }
    return report(source, eventId, mapped, judge(source, mapped, rules))
  } catch (error) {
    if (error instanceof Problem) return refused(1, [`${error.code}: ${error.message}`])
    if (error instanceof MappingError) return refused(1, [error.message])
    throw error
  }
}

function refused(exitCode: 1 | 2, faults: readonly string[]): Trial {
  return { text: faults.map((fault) => `${fault}\n`).join(''), json: { faults }, exitCode }
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

function judge(
  source: WebhookEndpoint,
  { updates }: MappedPayload,
  rules: Omit<Parameters<typeof readBatch>[1], 'maxUpdates' | 'defaults'>
): readonly Entry[] {
  if (updates.length === 0) return []
  const defaults = source.options
  const batch = readBatch({ updates }, { ...rules, maxUpdates: DEFAULT_MAX_ITEMS, defaults })
  if ('errors' in batch) throw new Problem(batch.code, batch.errors[0]?.detail ?? '')
  return batch.entries
}

function report(
  source: WebhookEndpoint,
  eventId: string | undefined,
  { updates, ignored }: MappedPayload,
  entries: readonly Entry[]
): Trial {
  const count = `${updates.length} ${updates.length === 1 ? 'update' : 'updates'}`
  const lines = [
    `${source.name}: ${count}, ${ignored} ignored`,
    `event id: ${eventId ?? 'none, so a repeat is not recognised'}`,
    ...entries.flatMap((entry) => ['', JSON.stringify(updates[entry.index]), ...verdict(entry)])
  ]
  const isSound = entries.every((entry) => 'changes' in entry)
  const json = {
    source: source.name,
    event_id: eventId ?? null,
    ignored,
    updates: entries.map((entry) => ({ update: updates[entry.index], ...found(entry) }))
  }
  return { text: `${lines.join('\n')}\n`, json, exitCode: isSound ? 0 : 1 }
}

function found(entry: Entry) {
  if ('refusals' in entry) return { refusals: entry.refusals }
  const { function: call, stored, warnings } = entry.changes
  return { function: call, stored, warnings }
}

function verdict(entry: Entry): string[] {
  if ('refusals' in entry) {
    return entry.refusals.map(({ pointer, code, detail }) => `  refused   ${code} at ${pointer}: ${detail}`)
  }
  const { function: call, stored, warnings } = entry.changes
  return [
    `  VICIdial  ${call}, lead ${entry.key.by} ${entry.key.value}`,
    `  stored    ${JSON.stringify(stored)}`,
    ...warnings.map(
      ({ field, code, sent, stored }) =>
        `  warning   ${code} in ${field}: ${JSON.stringify(sent)} is stored as ${JSON.stringify(stored)}`
    )
  ]
}
