/**
 * Loaded before a program (`--import`): shifts what `Date` shows by `CLOCK_SHIFT_MS`, and then by what its parent says.
 * Timers and `performance.now()` go on as they are, as when an operator sets the clock.
 */
let shiftMs = Number(process.env['CLOCK_SHIFT_MS'])
process.on('message', (ms: number) => {
  shiftMs = ms
})
process.channel?.unref()
const RealDate = Date
const now = () => RealDate.now() + shiftMs
globalThis.Date = new Proxy(RealDate, {
  construct: (target, args: [], newTarget) =>
    Reflect.construct(target, args.length === 0 ? [now()] : args, newTarget),
  apply: () => new RealDate(now()).toString(),
  get: (target, name, receiver) => (name === 'now' ? now : Reflect.get(target, name, receiver))
})
export {}
