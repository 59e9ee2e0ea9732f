import { MAX_LEAD_ID } from '../../leads/lead-key.ts'

/** A whole number as VICIdial writes it; longer ones would lose digits. */
const NUMBER = /^(?:0|[1-9]\d{0,14})$/

/** Reads the ids of leads, each once; undefined if one isn't an id that VICIdial can have given. */
export function readLeadIds(texts: readonly string[]): number[] | undefined {
  const ids = new Set<number>()
  for (const text of texts) {
    const id = readNumber(text)
    if (id === undefined || id < 1 || id > MAX_LEAD_ID) return undefined
    ids.add(id)
  }
  return ids.size === texts.length ? [...ids] : undefined
}

/** Reads a whole number as VICIdial writes it; undefined if it is anything else. */
export function readNumber(text = ''): number | undefined {
  return NUMBER.test(text) ? Number(text) : undefined
}
