import { html } from 'ghtml'

const UNITS: readonly (readonly [name: string, seconds: number])[] = [
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
  ['second', 1]
]

/** A time span in words: in its largest unit, and below three of those in the next one too, as `2 hours 5 minutes`. */
export function inWords(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1_000))
  const index = Math.max(
    0,
    UNITS.findIndex(([, size]) => seconds >= size)
  )
  const [name, size] = seconds === 0 ? (['second', 1] as const) : (UNITS[index] ?? ['second', 1])
  const count = Math.floor(seconds / size)
  const [lesser, lesserSize] = UNITS[index + 1] ?? ['', Number.POSITIVE_INFINITY]
  const rest = count < 3 && seconds > 0 ? Math.floor((seconds % size) / lesserSize) : 0
  return rest > 0 ? `${counted(count, name)} ${counted(rest, lesser)}` : counted(count, name)
}

/** `1 update`, `2,000 updates`. */
export function counted(count: number, noun: string): string {
  return `${number(count)} ${noun}${count === 1 ? '' : 's'}`
}

export function number(value: number): string {
  return value.toLocaleString('en')
}

/** A time in UTC. */
export function utc(at: number): string {
  const text = new Date(at).toISOString()
  return html`<time datetime="${text}">${text.slice(0, 10)} ${text.slice(11, 19)} UTC</time>`
}

/** A time in UTC and how long ago it was. */
export function moment(at: number, now: number): string {
  return html`!${utc(at)} <span class="age">${inWords(now - at)} ago</span>`
}

/** The time of the day in UTC, as `20:59`. */
export function timeOfDay(at: number): string {
  return new Date(at).toISOString().slice(11, 16)
}
