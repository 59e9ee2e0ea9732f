/** A line that begins with VICIdial's word for how it went. */
export interface Line {
  readonly type: 'SUCCESS' | 'NOTICE' | 'ERROR'
  readonly text: string
}

/** The lines of a reply that begin with a status. */
export interface StatusLines {
  readonly complete: readonly Line[]
  /** Whether the reply ends within such a line. */
  readonly isCut: boolean
}

const STATUS_LINE = /^(SUCCESS|NOTICE|ERROR): ?(.*)$/
const REFUSED_LOGIN = /^ERROR: (?:Login incorrect|Too many login attempts)/
const STATUS_WORDS = ['SUCCESS: ', 'NOTICE: ', 'ERROR: ']

/** The status lines of a body. A line without its end was cut off and is not trusted. */
export function readStatusLines(text: string): StatusLines {
  const lines = text.split('\n')
  const rest = lines.pop() ?? ''
  const complete: Line[] = []
  for (const line of lines) {
    const match = STATUS_LINE.exec(line.trimEnd())
    if (match) complete.push({ type: match[1] as Line['type'], text: match[2] ?? '' })
  }
  // A refused login must never be tried twice: it counts even if the rest of the reply was cut off.
  if (REFUSED_LOGIN.test(rest)) complete.push({ type: 'ERROR', text: rest })
  const isCut =
    !REFUSED_LOGIN.test(rest) &&
    rest !== '' &&
    STATUS_WORDS.some((word) => rest.startsWith(word) || word.startsWith(rest))
  return { complete, isCut }
}

/** The first word of a line. That of most lines is the name of a function, and each of those has to do with leads. */
const FIRST_WORD = /^([a-z_]+) /

/** Whether a function can have written a line. */
export function isFrom({ type, text }: Line, name: string): boolean {
  const namesFunction = FIRST_WORD.exec(text)?.[1]?.includes('lead') === true
  return text.startsWith(`${name} `) || (type !== 'SUCCESS' && !namesFunction)
}

/** The error of a reply: a refused login anywhere in it, otherwise the first error. */
export function errorOf(lines: readonly Line[]): Line | undefined {
  const errors = lines.filter(({ type }) => type === 'ERROR')
  return errors.find(({ text }) => REFUSED_LOGIN.test(`ERROR: ${text}`)) ?? errors[0]
}
