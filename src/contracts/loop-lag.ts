/**
 * How long this process's event loop stood still, so that a prober can suspect itself.
 * - `mark` names the present moment; `since(mark)` gives the longest standstill (ms) that a timer noticed from about there
 *   until now. It counts in windows of a tenth of a second, and a standstill shows in the turn of the loop after it.
 */
export interface LoopLag extends Disposable {
  mark(): number
  since(mark: number): number
}
