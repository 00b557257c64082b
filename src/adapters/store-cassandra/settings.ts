/** What an operator may change of this store; times are ms. */
export interface Settings {
  /** how long observations are kept */
  readonly observationRetention: number
  /** how long an intent may stay unsettled, and a delivery on its way, before nobody looks for it any more */
  readonly intentRetention: number
  readonly dueRetention: number
  /** how long deliveries can be looked at */
  readonly deliveryRetention: number
  /** entries of an alarm's ledger beyond this many go, the oldest first */
  readonly ledgerEntries: number
}

const day = 86_400_000

export const defaultSettings: Settings = {
  observationRetention: 8 * day,
  intentRetention: 7 * day,
  // A delivery expires a day after its change.
  dueRetention: 3 * day,
  deliveryRetention: 400 * day,
  ledgerEntries: 10_000,
}
