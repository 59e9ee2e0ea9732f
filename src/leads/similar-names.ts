/** In characters. Every known name is shorter. The time for a name grows with the square of its length. */
const LONGEST = 32
/** In letters. Shorter known names are too easily like another. */
const SHORTEST = 5
/** In letters. In a shorter name another letter makes another word: `stage` is no `state`. */
const SHORTEST_WITH_ANOTHER_LETTER = 7

/**
 * Finds the known name that somebody means by an unknown one: in another spelling (`firstName`, `First Name`), by another
 * word for it, or with one letter wrong, missing, added or out of place. The work for a name is bounded.
 */
export class SimilarNames {
  /** Known names by their spelling: see `plain`. */
  readonly #bySpelling = new Map<string, string>()
  /** The known spellings by what is left of them without any one of their letters. */
  readonly #withoutLetter = new Map<string, string>()

  /** @param synonyms other words, each with the known name that it means */
  constructor(names: Iterable<string>, synonyms: Readonly<Record<string, string>> = {}) {
    for (const name of names) add(this.#bySpelling, plain(name), name)
    for (const [word, name] of Object.entries(synonyms)) add(this.#bySpelling, plain(word), name)
    for (const spelling of this.#bySpelling.keys())
      for (const shorter of withoutALetter(spelling)) add(this.#withoutLetter, shorter, spelling)
  }

  /** The known name that is meant; undefined if none is similar enough. */
  find(name: string): string | undefined {
    if (name.length > LONGEST) return undefined
    const spelling = plain(name)
    if (this.#bySpelling.has(spelling) || spelling.length < SHORTEST - 1)
      return this.#bySpelling.get(spelling)
    return this.#bySpelling.get(this.#similar(spelling) ?? '')
  }

  /** Two spellings are similar if both are the same without one letter, or one of them without it is the other. */
  #similar(spelling: string): string | undefined {
    const longer = this.#withoutLetter.get(spelling)
    if (longer !== undefined) return longer
    for (const shorter of withoutALetter(spelling)) {
      if (this.#bySpelling.has(shorter)) return shorter
      const other = this.#withoutLetter.get(shorter)
      if (other === undefined) continue
      if (spelling.length >= SHORTEST_WITH_ANOTHER_LETTER || letters(other) === letters(spelling))
        return other
    }
    return undefined
  }
}

/** A name without what spellings differ in: capitals, and what is between words. */
function plain(name: string): string {
  return name.replaceAll(/[-_ .]/g, '').toLowerCase()
}

/** The letters of a text in order, the same for texts that differ in their places only. */
function letters(text: string): string {
  return text.split('').sort().join('')
}

function* withoutALetter(text: string): Generator<string> {
  if (text.length < SHORTEST) return
  for (let at = 0; at < text.length; at++) yield text.slice(0, at) + text.slice(at + 1)
}

/** Keeps the first value of a spelling. */
function add(values: Map<string, string>, spelling: string, value: string): void {
  if (!values.has(spelling)) values.set(spelling, value)
}
