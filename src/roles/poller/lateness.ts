/** How late runs started, counted in buckets: `counts[i]` runs were at most `bounds[i]` ms late, the last one takes the rest. */
export class Lateness {
  static readonly bounds = [1, 2, 5, 10, 25, 50, 100, 250, 500, 1000] as const
  readonly counts: number[] = [...Lateness.bounds.map(() => 0), 0]
  sum = 0

  add(ms: number): void {
    const index = Lateness.bounds.findIndex((bound) => ms <= bound)
    this.counts[index < 0 ? Lateness.bounds.length : index]! += 1
    this.sum += ms
  }
}
