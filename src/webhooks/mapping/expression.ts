import jsonata from 'jsonata'
import { NEEDS_JSONATA, NeedsJsonata, plainExpression, type PlainExpression } from './plain-expression.ts'

/** Deepest nesting of calls: functions of an expression may call themselves and each other. */
const MAX_CALLS = 500
/** Most values of a sequence that an expression makes; the payload's own arrays may be longer. */
const MAX_SEQUENCE = 100_000
/** Longest text that an expression may give, in characters. The longest custom field has 65,535. */
const MAX_TEXT = 100_000

/** Digits that JSONata's `$string` and `&` keep of a fraction. Of a whole number they keep all. */
const KEPT_DIGITS = 15

/** Whether JSONata would give a number's text with other digits, or has calculated it with others. */
export function isLongNumber(value: number): boolean {
  return Number.isInteger(value)
    ? !Number.isSafeInteger(value)
    : Number(value.toPrecision(KEPT_DIGITS)) !== value
}

/** Why an expression gave no value. The message quotes nothing of the payload. */
export class EvaluationError extends Error {
  override readonly name = 'EvaluationError'
}

/**
 * Checks a JSONata expression without evaluating it. `$eval` is refused: it would evaluate text from the payload.
 * @returns what is wrong with it, as the end of a sentence; undefined if nothing is
 */
export function expressionFault(text: string): string | undefined {
  let ast: unknown
  try {
    ast = jsonata(text).ast()
  } catch (error) {
    const { code, position, message } = error as Partial<jsonata.JsonataError>
    const at = position === undefined ? '' : ` at character ${position}`
    return `is not valid JSONata${at} (${[code, message].filter(Boolean).join(': ')})`
  }
  return faultIn(ast)
}

function faultIn(ast: unknown): string | undefined {
  const seen = new Set<object>()
  const pending = [ast]
  while (pending.length > 0) {
    const node = pending.pop()
    if (typeof node !== 'object' || node === null || seen.has(node)) continue
    seen.add(node)
    const { type, value } = node as { type?: unknown; value?: unknown }
    if (type === 'variable' && value === 'eval')
      return 'uses $eval, which would evaluate what the sender wrote'
    if (type === 'number' && isLongNumber(Number(value)))
      return 'has a number that would lose digits: put it in quotes, as the payload gives such numbers as texts'
    for (const inner of Object.values(node) as unknown[]) pending.push(inner)
  }
  return undefined
}

/**
 * A compiled JSONata expression, with limits on depth and size. Its time is limited by the thread that it runs on:
 * JSONata's own timeout goes by the system's clock, which may jump.
 */
export class Expression {
  readonly #compiled: jsonata.Expression
  readonly #plain: PlainExpression | undefined

  /** @throws JsonataError if `expressionFault` finds a fault in `text` */
  constructor(text: string) {
    this.#compiled = jsonata(text, { stack: MAX_CALLS, sequence: MAX_SEQUENCE })
    this.#compiled.registerFunction('pad', pad, '<s-ns?:s>')
    this.#plain = plainExpression(this.#compiled.ast())
  }

  /** Whether it is simple enough for `evaluatePlainly`. */
  get isPlain(): boolean {
    return this.#plain !== undefined
  }

  /**
   * Gives what `evaluate` gives, without JSONata. Its time is short for any input.
   * @throws EvaluationError
   * @throws NeedsJsonata if it can't
   */
  evaluatePlainly(input: unknown): unknown {
    const found = this.#find(input)
    if (found === NEEDS_JSONATA) throw new NeedsJsonata()
    return checked(found)
  }

  /**
   * Returns what the expression gives; undefined if it finds nothing.
   * @throws EvaluationError
   */
  async evaluate(input: unknown, variables: Record<string, unknown> = {}): Promise<unknown> {
    try {
      const found = this.#find(input)
      return checked(found === NEEDS_JSONATA ? await this.#compiled.evaluate(input, variables) : found)
    } catch (error) {
      throw error instanceof EvaluationError ? error : new EvaluationError(reason(error))
    }
  }

  /** What it finds without JSONata, or `NEEDS_JSONATA`. */
  #find(input: unknown): unknown {
    return this.#plain === undefined ? NEEDS_JSONATA : this.#plain(input)
  }
}

/** @throws EvaluationError for a value that is too long, or no number that JSON has */
function checked(value: unknown): unknown {
  if (typeof value === 'string' && value.length > MAX_TEXT)
    throw new EvaluationError(`gives a text of more than ${MAX_TEXT} characters`)
  if (typeof value === 'number' && !Number.isFinite(value))
    throw new EvaluationError('gives no finite number')
  return value
}

/** Replaces JSONata's own `$pad`, which allocates any width at once and so can kill the process. */
function pad(text: string, width: number, character = ' '): string {
  if (Math.abs(width) > MAX_TEXT) throw new EvaluationError(`pads to more than ${MAX_TEXT} characters`)
  const missing = Math.abs(Math.trunc(width)) - Array.from(text).length
  if (missing <= 0 || character === '') return text
  const padding = Array.from(character.repeat(missing)).slice(0, missing).join('')
  return width < 0 ? padding + text : text + padding
}

/** The errors that a payload can cause, in our words: JSONata's own messages quote values. */
const REASONS: Readonly<Record<string, string>> = {
  D1011: 'calls itself too often',
  D2014: `makes a sequence of more than ${MAX_SEQUENCE} values`,
  D2015: `makes a sequence of more than ${MAX_SEQUENCE} values`,
  D3030: 'asks for a number, and the value is not one',
  T0410: 'calls a function with a value of the wrong type',
  T0411: 'calls a function with a value of the wrong type',
  T0412: 'calls a function with an array of values of the wrong type',
  T1006: 'calls what is not a function',
  T2001: 'calculates with what is not a number',
  T2002: 'calculates with what is not a number',
  T2009: 'compares values of different types',
  T2010: 'compares what is neither number nor text'
}

/** A value that a function does not take: most often null. */
const OF_FUNCTIONS: ReadonlySet<string> = new Set(['T0410', 'T0412'])

function reason(error: unknown): string {
  const { code, position, value } = error as Partial<jsonata.JsonataError & { readonly value: unknown }>
  if (code === undefined) return 'failed: it asks for too much'
  const at = position === undefined ? '' : ` at character ${position}`
  const isNull = value === null && OF_FUNCTIONS.has(code)
  return `${isNull ? 'calls a function with null' : (REASONS[code] ?? 'failed')}${at} (JSONata ${code})`
}
