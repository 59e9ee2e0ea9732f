import { echo } from '../../leads/refusal.ts'
import { EvaluationError, Expression } from './expression.ts'
import { isBlank } from './field-value.ts'
import type { IgnoredEvent } from './mapped-payload.ts'
import { type EndpointExpressions, expressionsOf, type MappingDefinition } from './mapping-definition.ts'
import { type MissingName, NamesRead } from './missing-names.ts'
import { EVENT_ID, type PayloadEvent } from './payload-evaluation.ts'

/** A name that an expression of a mapping reads and that a payload does not have. */
export interface Hint {
  /** The number of the event, from 0; absent if it is about the payload. */
  readonly event?: number
  /** The name of the expression, like `fields.status`. */
  readonly expression: string
  /** A sentence that names names of the payload, and no value. */
  readonly text: string
  /** Whether the payload has a name that is probably meant. */
  readonly isSimilar: boolean
}

/** Asks why expressions find nothing in a payload. */
export interface HintsTask {
  readonly payload: unknown
  /** What its events became; null if no event was found. */
  readonly explain: EventsToExplain | null
}

export interface EventsToExplain {
  /** The numbers of events that became updates. */
  readonly events: readonly number[]
  readonly ignored: readonly Pick<IgnoredEvent, 'event' | 'expression'>[]
  /** The names of the expressions that failed, by the number of their event. */
  readonly failed: ReadonlyMap<number, string>
}

/** Most names that are listed if none is similar. */
const MAX_LISTED = 5

/**
 * Names that expressions miss, as far as that explains what an event becomes: of all that find nothing in an ignored event,
 * or of the one that failed. A name may be absent otherwise, so there only those count for which there is a similar one that
 * the expression does not read too.
 */
export async function hintsOf(
  { definition, eventId }: EndpointExpressions,
  { payload, explain }: HintsTask
): Promise<Hint[]> {
  const ofPayload = hintsOfPayload(definition, payload)
  if (explain === null) return ofPayload
  const { events, ignored, failed } = explain
  const decisive = new Map([
    ...ignored.map(({ event, expression }) => [event, expression] as const),
    ...failed
  ])
  const values = await eventsOf(definition, payload)
  const eventAt = (index: number) => ({ value: values[index], index })
  const expressions = expressionsOf(definition).filter(([name]) => name !== 'each')
  // The ids of ignored events are not evaluated.
  const ofUpdates = eventId === undefined ? expressions : [...expressions, [EVENT_ID, eventId] as const]
  const all = [
    ...(await hintsOfEvents(ofUpdates, events.map(eventAt), payload)),
    ...(await hintsOfEvents(
      expressions,
      ignored.map(({ event }) => eventAt(event)),
      payload
    ))
  ]
  const explaining = [...Map.groupBy(all, ({ event }) => event)].flatMap(([event, hints]) => {
    const names = decisive.get(event)?.split(', ') ?? []
    const possible = names.includes('when') ? hints.filter(({ expression }) => expression === 'when') : hints
    const similar = possible.filter(({ isSimilar }) => isSimilar)
    return similar.length > 0 ? similar : possible.filter(({ expression }) => names.includes(expression))
  })
  return [...ofPayload.filter(({ isSimilar }) => isSimilar), ...explaining]
}

/** Why the events of a payload are not found. */
function hintsOfPayload({ each }: Pick<MappingDefinition, 'each'>, payload: unknown): Hint[] {
  if (each === undefined) return []
  return new NamesRead(each).missingIn({ event: payload, payload }).map((missing) => hint('each', missing))
}

/** The events of a payload, by their numbers. */
async function eventsOf({ each }: Pick<MappingDefinition, 'each'>, payload: unknown): Promise<unknown[]> {
  const found = each === undefined ? payload : await valueOf(new Expression(each), payload)
  return Array.isArray(found) ? (found as unknown[]) : [found]
}

/** Which names expressions miss in events of a payload. */
async function hintsOfEvents(
  expressions: readonly (readonly [name: string, text: string])[],
  events: readonly PayloadEvent[],
  payload: unknown
): Promise<Required<Hint>[]> {
  const compiled = expressions.map(([name, text]) => ({
    name,
    expression: new Expression(text),
    read: new NamesRead(text)
  }))
  const hints: Required<Hint>[] = []
  for (const { value, index } of events) {
    for (const { name, expression, read } of compiled) {
      const given = await valueOf(expression, value, { payload, index })
      // It is then evaluated on the payload.
      const isOfPayload = name === EVENT_ID && isNothing(given)
      if (isOfPayload && !isNothing(await valueOf(expression, payload, { payload }))) continue
      const findsNothing = name === 'when' ? given === false || given === undefined : isNothing(given)
      for (const missing of read.missingIn({ event: value, payload }))
        if (findsNothing || isMistaken(missing, read)) hints.push({ event: index, ...hint(name, missing) })
    }
  }
  return hints
}

/** What an expression gives; null if it fails. */
async function valueOf(
  expression: Expression,
  event: unknown,
  variables: Record<string, unknown> = {}
): Promise<unknown> {
  try {
    return await expression.evaluate(event, variables)
  } catch (error) {
    if (error instanceof EvaluationError) return null
    throw error
  }
}

/** Whether a name is probably misspelt in an expression that finds something without it. */
function isMistaken({ similar }: MissingName, read: NamesRead): boolean {
  return similar !== undefined && !read.has(similar)
}

function isNothing(value: unknown): boolean {
  return value === undefined || isBlank(value)
}

function hint(expression: string, missing: MissingName): Omit<Hint, 'event'> {
  const { path, isOfPayload, similar } = missing
  const where = isOfPayload ? 'the payload' : 'the event'
  const text = `${named(path)} is not in ${where}; ${hasInstead(missing)}.`
  return { expression, text, isSimilar: similar !== undefined }
}

/** What is there in its place, as the end of a sentence. */
function hasInstead({ path, similar, others }: MissingName): string {
  if (similar !== undefined) return `it has ${named(similar)}`
  const parent = path.split('.').slice(0, -1).join('.')
  const it = parent === '' ? 'it' : named(parent)
  if (others.length === 0) return `${it} is empty`
  const more = others.length - MAX_LISTED
  const listed = others.slice(0, MAX_LISTED).map(named).join(', ')
  return `${it} has ${listed}${more > 0 ? ` and ${more} more` : ''}`
}

/** A name as text: the payload's own may hold anything. */
function named(name: string): string {
  return `\`${echo(JSON.stringify(name).slice(1, -1))}\``
}
