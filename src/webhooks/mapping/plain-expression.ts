/** Gives what a plain expression finds, or `NEEDS_JSONATA`. */
export type PlainExpression = (input: unknown) => unknown

/** A path leads through an array. Only JSONata can tell what it finds there. */
export const NEEDS_JSONATA = Symbol('needs JSONata')

/** A mapping without JSONata needs it. */
export class NeedsJsonata extends Error {
  override readonly name = 'NeedsJsonata'
}

type Node = Readonly<Record<string, unknown>>

/** JSONata takes an object with one of these for a function, and finds nothing in it. */
const FUNCTION_MARKS = ['_jsonata_function', '_jsonata_lambda']

/**
 * Compiles an expression that needs no JSONata: names with dots between them, a text, or whether these are equal. It gives
 * exactly what JSONata gives.
 * @param node the root of the expression's AST
 * @returns undefined for any other expression
 */
export function plainExpression(node: unknown): PlainExpression | undefined {
  if (isNode(node, ['type', 'value', 'position']) && node['type'] === 'string') return () => node['value']
  if (isNode(node, ['type', 'value', 'position', 'lhs', 'rhs']) && node['value'] === '=')
    return equality(node['lhs'], node['rhs'])
  if (!isNode(node, ['type', 'steps']) || node['type'] !== 'path') return undefined
  const names = (node['steps'] as unknown[]).map(nameOf)
  return names.every((name) => name !== undefined) ? (input) => follow(names, input) : undefined
}

function equality(lhs: unknown, rhs: unknown): PlainExpression | undefined {
  const [left, right] = [plainExpression(lhs), plainExpression(rhs)]
  // Two objects are equal if their members are: that is for JSONata.
  const hasText = isNode(rhs, ['type', 'value', 'position']) && rhs['type'] === 'string'
  if (left === undefined || right === undefined || !hasText) return undefined
  return (input) => {
    const found = left(input)
    return found === NEEDS_JSONATA ? NEEDS_JSONATA : found === right(input)
  }
}

/** The name that a step of a path consists of; undefined for any other step. */
function nameOf(step: unknown): string | undefined {
  return isNode(step, ['type', 'value', 'position']) && step['type'] === 'name'
    ? String(step['value'])
    : undefined
}

function follow(names: readonly string[], input: unknown): unknown {
  let value = input
  for (const name of names) {
    if (Array.isArray(value)) return NEEDS_JSONATA
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined
    const members = value as Readonly<Record<string, unknown>>
    if (FUNCTION_MARKS.some((mark) => members[mark] === true)) return undefined
    value = members[name]
  }
  return value
}

/** Whether a node of the AST has no members but these; others are predicates and the like. */
function isNode(node: unknown, members: readonly string[]): node is Node {
  return (
    typeof node === 'object' && node !== null && Object.keys(node).every((name) => members.includes(name))
  )
}
