/** In characters. The longest is four times what all headers of a request have together. */
const SIZES = [4_096, 16_384, 65_536]
/** Four times the text costs four times as much if the work is linear, sixteen times if it is quadratic. */
const MAX_FACTOR = 8
/** What costs less, in microseconds, is not compared: of the longest text nobody would notice it. */
const NOTICEABLE_US = 4_000
/** A measurement may be spoiled, by a collection of garbage for example; of quadratic work each one says the same. */
const RUNS = 4
const ATTEMPTS = 3

/** Reads a text, and may throw what it likes. */
export type Reading = (text: string) => unknown

/** Where the cost of reading a text grows faster than the text; undefined if it never does. */
export async function superlinear(
  read: Reading,
  textOf: (length: number) => string
): Promise<string | undefined> {
  for (let attempt = 1; ; attempt++) {
    const found = await growth(read, textOf)
    if (found === undefined || attempt === ATTEMPTS) return found
  }
}

async function growth(read: Reading, textOf: (length: number) => string): Promise<string | undefined> {
  let before = Number.POSITIVE_INFINITY
  for (const size of SIZES) {
    const text = textOf(size)
    const cost = await costOf(read, text)
    if (cost > NOTICEABLE_US && cost > MAX_FACTOR * before)
      return `${text.length} characters cost ${cost} µs, a quarter of them ${before}`
    before = cost
  }
  return undefined
}

/** The least CPU time that reading a text took, in microseconds. What other processes do does not count. */
export async function costOf(read: Reading, text: string): Promise<number> {
  let least = Number.POSITIVE_INFINITY
  for (let run = 0; run < RUNS && least > NOTICEABLE_US; run++) {
    const began = process.cpuUsage()
    try {
      await read(text)
    } catch {
      // A refusal must be as cheap.
    }
    const { user, system } = process.cpuUsage(began)
    least = Math.min(least, user + system)
  }
  return least
}
