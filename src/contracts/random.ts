/**
 * Dice. The system's are cryptographically strong; the simulated ones follow from a seed.
 * - `bytes(n)` gives n fresh bytes, `float()` a number in [0, 1).
 */
export interface Random {
  bytes(count: number): Uint8Array
  float(): number
}
