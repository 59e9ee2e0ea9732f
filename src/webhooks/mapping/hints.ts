import { echo } from '../../leads/refusal.ts'
import { EvaluationError, Expression } from './expression.ts'
import { isBlank } from './field-value.ts'
import type { IgnoredEvent } from './mapped-payload.ts'
import { expressionsOf, type MappingDefinition } from './mapping-definition.ts'
import { type MissingName, NamesRead } from './missing-names.ts'

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
 * or of the one that failed. Fields may be absent otherwise, so there only those count for which there is a similar name.
 */
export async function hintsOf(
  definition: MappingDefinition,
  { payload, explain }: HintsTask
): Promise<Hint[]> {
  const ofPayload = hintsOfPayload(definition, payload)
  if (explain === null) return ofPayload
  const { events, ignored, failed } = explain
  const decisive = new Map([
    ...ignored.map(({ event, expression }) => [event, expression] as const),
    ...failed
  ])
  const all = await hintsOfEvents(definition, payload, [...events, ...ignored.map(({ event }) => event)])
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

/**
 * Why expressions find nothing in events of a payload.
 * @param events the numbers of the events
 */
async function hintsOfEvents(
  definition: MappingDefinition,
  payload: unknown,
  events: readonly number[]
): Promise<Required<Hint>[]> {
  const { each } = definition
  const found = each === undefined ? payload : await valueOf(new Expression(each), payload)
  const values = Array.isArray(found) ? (found as unknown[]) : [found]
  const expressions = expressionsOf(definition)
    .filter(([name]) => name !== 'each')
    .map(([name, text]) => ({ name, compiled: new Expression(text), read: new NamesRead(text) }))
  const hints: Required<Hint>[] = []
  for (const event of events) {
    for (const { name, compiled, read } of expressions) {
      const { [event]: value } = values
      const given = await valueOf(compiled, value, { payload, index: event })
      const findsNothing = name === 'when' ? given === false || given === undefined : isNothing(given)
      if (!findsNothing) continue
      for (const missing of read.missingIn({ event: value, payload }))
        hints.push({ event, ...hint(name, missing) })
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
