/** The value in the middle. */
export function median(values: readonly number[]): number {
  return quantile(values, 0.5)
}

/** The value below which a share `q` of the values lies. */
export function quantile(values: readonly number[], q: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))] ?? Number.NaN
}

/** The median of the ratios of two sides, of which each pair was measured in turn. */
export function medianRatio(a: readonly number[], b: readonly number[]): number {
  return median(a.map((value, round) => value / (b[round] ?? Number.NaN)))
}

/** How long `action` takes, in milliseconds. */
export async function timed(action: () => Promise<unknown>): Promise<number> {
  const started = performance.now()
  await action()
  return performance.now() - started
}

/** Two sides measured in turn, A B A B …; the ratio of each pair counts, not the times of a noisy machine. */
export async function alternate<T>(
  rounds: number,
  a: () => Promise<T>,
  b: () => Promise<T>
): Promise<{ a: T[]; b: T[] }> {
  const results: { a: T[]; b: T[] } = { a: [], b: [] }
  for (let round = 0; round < rounds; round++) {
    results.a.push(await a())
    results.b.push(await b())
  }
  return results
}

/** Runs `callers` loops at once, each with its next request as soon as it has an answer, for `ms`. */
export async function closedLoop(
  callers: number,
  ms: number,
  request: (n: number) => Promise<unknown>
): Promise<{ perSecond: number; sent: number }> {
  const started = performance.now()
  let sent = 0
  await Promise.all(
    Array.from({ length: callers }, async () => {
      while (performance.now() - started < ms) await request(sent++)
    })
  )
  return { perSecond: (sent / (performance.now() - started)) * 1_000, sent }
}
