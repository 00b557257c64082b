/**
 * Names held for a while. They only make things cheap: everything stays right when everyone believes to hold one.
 * - `acquire` takes or renews `name` for `owner` until now + ttl: true if it is theirs now.
 * - `release` gives it back if it is the owner's.
 * - `holders` lists the live leases whose name starts with `prefix`, sorted by name: a zone's pollers, for one. Where names
 *   have a '/', `prefix` goes at least as far as the first one.
 * - A name that ends in '/' and its owner is wanted by nobody else.
 */
export interface Leases {
  acquire(name: string, owner: string, now: number, ttl: number): Promise<boolean>
  release(name: string, owner: string): Promise<void>
  holders(prefix: string, now: number): Promise<readonly { readonly name: string; readonly owner: string; readonly until: number }[]>
}
