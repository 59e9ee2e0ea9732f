import type { Answers, Write } from '../../checker/answers.ts'
import { FIELDS } from '../../checker/requests.ts'
import type { WatchedCall } from './vicidial-watch.ts'

/** The updates that have set a field of a lead to one value. */
interface Setting {
  readonly value: string
  /** When the first of them was sent; only if all are known to be made. */
  readonly madeFrom: number
  /** By when the last of them was accepted. */
  readonly acceptedBy: number
  /** Whether one of them was answered before VICIdial had it. */
  readonly isStored: boolean
}

/** An older value that came after a newer one. */
interface Older {
  readonly what: string
  readonly newer: Setting
}

/**
 * Values that VICIdial got after newer ones: of two updates the second was sent when the first had been answered, and was
 * answered as made, and yet the first one's call came last. More than the values left at the end show this.
 *
 * A stored update is sent again if its call's end could not be kept, and an older one may come in between: that counts only
 * if the newer value, or one that is newer still, does not come again.
 */
export function olderAfterNewer(calls: readonly WatchedCall[], answers: Answers): string[] {
  const settings = new Map<string, Map<string, Setting>>()
  const newest = new Map<string, Setting>()
  const found: string[] = []
  const doubtful = new Map<string, Older[]>()
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
        doubtful.set(
          name,
          (doubtful.get(name) ?? []).filter(({ newer }) => !(setting.madeFrom >= newer.madeFrom))
        )
        const newer = newest.get(name)
        if (newer && newer.value !== value && setting.acceptedBy < newer.madeFrom) {
          const what =
            `${field} of lead ${lead}: ${value}, answered at ${ms(setting.acceptedBy)}, was set from ${ms(from)} to ` +
            `${ms(to)}, after ${newer.value}, sent at ${ms(newer.madeFrom)}`
          if (newer.isStored) doubtful.get(name)?.push({ what, newer })
          else found.push(what)
        }
        if (!newer || setting.madeFrom > newer.madeFrom) newest.set(name, setting)
      }
    }
  }
  return [...found, ...[...doubtful.values()].flatMap((older) => older.map(({ what }) => what))]
}

function ms(time: number): string {
  return time.toFixed(0)
}

function settingsOf(writes: readonly Write[]): Map<string, Setting> {
  const settings = new Map<string, Setting>()
  for (const { value, from, to, fate, isStored = false } of writes) {
    const before = settings.get(value)
    settings.set(value, {
      value,
      madeFrom: fate === 'made' ? Math.min(before?.madeFrom ?? Infinity, from) : Number.NEGATIVE_INFINITY,
      acceptedBy: Math.max(before?.acceptedBy ?? -Infinity, to),
      isStored: isStored || before?.isStored === true
    })
  }
  return settings
}
