import jsonata from 'jsonata'
import { isObject } from '../../leads/is-object.ts'
import { SimilarNames } from '../../leads/similar-names.ts'

/** A name that an expression reads, and that is not where it looks. */
export interface MissingName {
  /** With the names before it, like `data.rows`. */
  readonly path: string
  /** Whether it looks in the whole payload, or in an event. */
  readonly isOfPayload: boolean
  /** A path that exists and is probably meant; undefined without one. */
  readonly similar: string | undefined
  /** The names that are there in its place. */
  readonly others: readonly string[]
}

/** What an expression reads: an event, and the payload that it came in. */
export interface ReadInput {
  readonly event: unknown
  readonly payload: unknown
}

type Node = Readonly<Record<string, unknown>>

/** In these, names are looked up in other values than the event. */
const WITH_OWN_INPUT: ReadonlySet<unknown> = new Set(['lambda', 'transform'])
/** How deep a name is looked for elsewhere. */
const MAX_DEPTH = 5
/** In how many objects it is looked for. */
const MAX_OBJECTS = 1_000

/** The names that an expression reads in an event, or in the payload. Those in predicates and functions are left out. */
export class NamesRead {
  readonly #paths: readonly ReadPath[]

  /** @param text a valid expression */
  constructor(text: string) {
    this.#paths = pathsIn(jsonata(text).ast(), new Set())
  }

  /** Whether it reads what is at a path, or in it. */
  has(path: string): boolean {
    return this.#paths.some(({ names }) => `${names.join('.')}.`.startsWith(`${path}.`))
  }

  /** Those that are not there, each once. */
  missingIn({ event, payload }: ReadInput): MissingName[] {
    const missing = new Map<string, MissingName>()
    for (const { names, isOfPayload } of this.#paths) {
      const found = followed(names, isOfPayload ? payload : event)
      if (found) missing.set(found.path, { ...found, isOfPayload: isOfPayload || event === payload })
    }
    return [...missing.values()]
  }
}

interface ReadPath {
  readonly names: readonly string[]
  readonly isOfPayload: boolean
}

/**
 * The paths that begin in the event or the payload.
 * @param seen nodes that were looked at: a node may be in several places
 */
function pathsIn(node: unknown, seen: Set<unknown>): ReadPath[] {
  const inner = (values: readonly unknown[]) => values.flatMap((value) => pathsIn(value, seen))
  if (Array.isArray(node)) return inner(node)
  if (!isObject(node) || WITH_OWN_INPUT.has(node['type']) || seen.has(node)) return []
  seen.add(node)
  if (node['type'] !== 'path') return inner(Object.values(node))
  const [first, ...more] = node['steps'] as Node[]
  if (first?.['type'] === 'name') return [{ names: namesOf([first, ...more]), isOfPayload: false }]
  if (first?.['type'] !== 'variable') return inner([first])
  const isOfPayload = first['value'] === 'payload'
  return isOfPayload || first['value'] === '$' || first['value'] === ''
    ? [{ names: namesOf(more), isOfPayload }]
    : []
}

/** The names with which the steps begin. */
function namesOf(steps: readonly Node[]): string[] {
  const end = steps.findIndex(({ type }) => type !== 'name')
  return steps.slice(0, end === -1 ? steps.length : end).map(({ value }) => String(value))
}

/** The first name that is missing; undefined if all are there, or nothing could have names. */
function followed(names: readonly string[], input: unknown): Omit<MissingName, 'isOfPayload'> | undefined {
  let objects = objectsIn(input)
  for (const [index, name] of names.entries()) {
    if (objects.length === 0) return undefined
    const having = objects.filter((object) => Object.hasOwn(object, name))
    if (having.length === 0) {
      const before = names.slice(0, index)
      const others = [...new Set(objects.flatMap((object) => Object.keys(object)))]
      const similar = new SimilarNames(others).find(name)
      return {
        path: [...before, name].join('.'),
        similar: similar === undefined ? elsewhere(name, input) : [...before, similar].join('.'),
        others
      }
    }
    objects = having.flatMap((object) => objectsIn(object[name]))
  }
  return undefined
}

/** A value that is an object, or the objects of a list. JSONata looks into lists by itself. */
function objectsIn(value: unknown): Readonly<Record<string, unknown>>[] {
  if (Array.isArray(value)) return value.slice(0, MAX_OBJECTS).flatMap(objectsIn)
  return isObject(value) ? [value] : []
}

/** The path of a name that is deeper in the input, as services wrap their payloads in `data` and the like. */
function elsewhere(name: string, input: unknown): string | undefined {
  const wanted = new SimilarNames([name])
  let level = objectsIn(input).map((object) => ({ path: [] as string[], object }))
  for (let depth = 0, seen = 0; depth < MAX_DEPTH && seen < MAX_OBJECTS; depth++) {
    const deeper: typeof level = []
    for (const { path, object } of level.slice(0, MAX_OBJECTS - seen)) {
      seen++
      const found = Object.keys(object).find((key) => key === name || wanted.find(key) === name)
      if (found !== undefined) return [...path, found].join('.')
      for (const [key, value] of Object.entries(object))
        for (const inner of objectsIn(value)) deeper.push({ path: [...path, key], object: inner })
    }
    level = deeper
  }
  return undefined
}
