/** What an operator may change of the embedded store; times are ms, sizes bytes. */
export interface Settings {
  /** where everything lies */
  readonly directory: string
  /** under load, commits begin at least this far apart, so that many writes share one fsync; an idle store waits for nothing */
  readonly linger: number
  /** what may wait for the disk before `append` says no */
  readonly waitingLimit: number
  /** the database grows to this and no further; 0 is no limit */
  readonly maxBytes: number
}

export const defaultSettings: Omit<Settings, 'directory'> = {
  linger: 10,
  waitingLimit: 64 * 2 ** 20,
  maxBytes: 0,
}
