/**
 * Milliseconds since the epoch by a clock that never jumps: it was right when the process started and goes on evenly,
 * whatever is done to the system's clock. For pauses, deadlines, rates and ages; what people read has the system's time.
 */
export function steadyNow(): number {
  return Math.floor(performance.timeOrigin + performance.now())
}
