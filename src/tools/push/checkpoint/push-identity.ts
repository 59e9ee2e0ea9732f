import type { FileIdentity } from '../input/input.ts'

/** What makes two runs the same push. A run resumes an earlier one if all of this is equal, except the file's rest. */
export interface PushIdentity {
  readonly file: FileIdentity
  /** The names of the columns, if the format has a header. */
  readonly columns?: readonly string[]
  readonly gateway: string
  /** The options that decide which updates the rows become, and where rejects go. */
  readonly options: Readonly<Record<string, unknown>>
}

/** Why two runs are not the same push, in one sentence. The file's content is not compared. */
export function differenceOf(known: PushIdentity, now: PushIdentity): string | undefined {
  if (format(known.columns) !== format(now.columns))
    return `its columns were ${known.columns?.join(', ')}, now they are ${now.columns?.join(', ')}.`
  if (known.gateway !== now.gateway) return `it went to ${known.gateway}, not to ${now.gateway}.`
  for (const name of new Set([...Object.keys(known.options), ...Object.keys(now.options)])) {
    const was = format(known.options[name])
    const is = format(now.options[name])
    if (was !== is) return `${name} was ${was}, now it is ${is}.`
  }
  return undefined
}

function format(option: unknown): string {
  return option === undefined ? 'not given' : JSON.stringify(option)
}
