/**
 * Preloaded into a child: each SIGHUP sets its clock on by the next of the jumps (ms) in CLOCK_JUMPS, `Date` and all, as if
 * somebody had set the machine's clock. The monotonic clock goes on.
 */
const real = Date
const jumps = (process.env.CLOCK_JUMPS ?? '').split(',').map(Number)
let offset = 0
process.on('SIGHUP', () => { offset += jumps.shift() ?? 0 })

globalThis.Date = new Proxy(real, {
  construct: (target, given, self) => Reflect.construct(target, given.length === 0 ? [target.now() + offset] : given, self) as object,
  get: (target, key) => (key === 'now' ? () => target.now() + offset : Reflect.get(target, key)),
})
