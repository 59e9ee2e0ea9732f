import { styleText } from 'node:util'
import type { Status, Step } from './step.ts'

const MARKS: Readonly<
  Record<Status, readonly [mark: string, word: string, colour: Parameters<typeof styleText>[0]]>
> = {
  ok: ['✓', 'ok', 'green'],
  warning: ['!', 'warning', 'yellow'],
  fault: ['✗', 'fault', 'red'],
  skipped: ['–', 'skipped', 'gray']
}

const WORD_WIDTH = 'skipped'.length

/**
 * A step as a line, with its remedy on a second one, without a newline at the end.
 * @param isTerminal whether to use colours
 */
export function lineOf({ id, account, status, detail, remedy }: Step, isTerminal: boolean): string {
  const [mark, word, colour] = MARKS[status]
  const paint = (text: string) => (isTerminal ? styleText(colour, text, { validateStream: false }) : text)
  const what = account === undefined ? id : `${id} (${account})`
  const line = `${paint(`${mark} ${word.padEnd(WORD_WIDTH)}`)}  ${what}: ${detail}`
  return remedy === undefined ? line : `${line}\n${' '.repeat(WORD_WIDTH + 4)}→ ${remedy}`
}

/** The result of a check in one line. */
export function summaryOf(steps: readonly Step[]): string {
  const count = (status: Status) => steps.filter((step) => step.status === status).length
  const faults = count('fault')
  const warnings = count('warning')
  const say = (number: number, word: string) => `${number} ${word}${number === 1 ? '' : 's'}`
  if (faults > 0)
    return `${say(faults, 'fault')}, ${say(warnings, 'warning')}: the gateway cannot work as it should.`
  return warnings > 0 ? `No fault, ${say(warnings, 'warning')}.` : 'All is well.'
}
