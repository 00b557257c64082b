/** The store cannot answer now. `outcome: unknown` means that a write may or may not have happened. */
export class StoreUnavailable extends Error {
  override readonly name = 'StoreUnavailable'
  readonly outcome: 'not done' | 'unknown'
  constructor(message: string, outcome: 'not done' | 'unknown', options?: ErrorOptions) {
    super(message, options)
    this.outcome = outcome
  }
}
