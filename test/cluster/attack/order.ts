import type { Answers, Write } from '../../checker/answers.ts'
import { FIELDS } from '../../checker/requests.ts'
import type { WatchedCall } from './vicidial-watch.ts'

/** The updates that have set a field of a lead to one value. */
interface Setting {
  /** When the first of them was sent; only if all are known to be made. */
  readonly madeFrom: number
  /** By when the last of them was accepted. */
  readonly acceptedBy: number
}

/**
 * Values that VICIdial got after newer ones: of two updates the second was sent when the first had been answered, and was
 * answered as made, and yet the first one's call came last. More than the values left at the end show this.
 */
export function olderAfterNewer(calls: readonly WatchedCall[], answers: Answers): string[] {
  const settings = new Map<string, Map<string, Setting>>()
  const newest = new Map<string, { readonly value: string; readonly madeFrom: number }>()
  const found: string[] = []
  for (const { leads, params, from, to } of calls) {
    for (const field of FIELDS) {
      const value = params[field] ?? params[`${field}_field`]
      if (value === undefined) continue
      for (const lead of leads) {
        const name = `${lead} ${field}`
        const known = settings.get(name) ?? settingsOf(answers.writes(lead, field))
        settings.set(name, known)
        const setting = known.get(value)
        if (setting === undefined) continue
        const before = newest.get(name)
        if (before && before.value !== value && setting.acceptedBy < before.madeFrom)
          found.push(
            `${field} of lead ${lead}: ${value}, answered at ${ms(setting.acceptedBy)}, was set from ${ms(from)} to ` +
              `${ms(to)}, after ${before.value}, sent at ${ms(before.madeFrom)}`
          )
        if (!before || setting.madeFrom > before.madeFrom)
          newest.set(name, { value, madeFrom: setting.madeFrom })
      }
    }
  }
  return found
}

function ms(time: number): string {
  return time.toFixed(0)
}

function settingsOf(writes: readonly Write[]): Map<string, Setting> {
  const settings = new Map<string, Setting>()
  for (const { value, from, to, fate } of writes) {
    const before = settings.get(value) ?? { madeFrom: Infinity, acceptedBy: -Infinity }
    settings.set(value, {
      madeFrom: fate === 'made' ? Math.min(before.madeFrom, from) : Number.NEGATIVE_INFINITY,
      acceptedBy: Math.max(before.acceptedBy, to)
    })
  }
  return settings
}
