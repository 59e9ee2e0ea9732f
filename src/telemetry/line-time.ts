/**
 * Returns a function that gives the time of a line of the log as pino wants it: ISO 8601 in UTC. The text is made once for
 * all lines of a millisecond.
 */
export function lineTime(): () => string {
  let at = Number.NaN
  let text = ''
  return () => {
    const now = Date.now()
    if (now !== at) {
      at = now
      text = `,"time":"${new Date(now).toISOString()}"`
    }
    return text
  }
}
