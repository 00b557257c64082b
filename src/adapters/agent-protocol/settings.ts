/** Settings of the listening side; times are ms, sizes bytes. */
export interface ListenSettings {
  /** between two heartbeats of a poller of ours, and of a program of the original kind */
  readonly pollerHeartbeat: number
  readonly agentHeartbeat: number
  /** a connection that says nothing for this long is closed: at least, and in heartbeats */
  readonly idle: { readonly least: number; readonly heartbeats: number }
  /** from the connection to the end of TLS's own handshake, and from there to the hello */
  readonly tlsHandshake: number
  readonly hello: number
  readonly longestLine: number
  /** the same before it is known who speaks */
  readonly longestHello: number
  /** requests of one connection that are worked on at once; of those that wait, so many are read */
  readonly parallel: number
  readonly waiting: number
  /** the size of one page of a schedule, about */
  readonly page: number
  /** what may wait to be sent to one connection: then it is closed; and then confirmations are left out */
  readonly mostUnsent: number
  readonly mostUnsentForConfirmations: number
  readonly mostConnections: number
  /** how often the certificate is read again, and tokens are looked at again */
  readonly rereadCertificate: number
  readonly lookAgain: number
  /** how long what is under way may take to end at a stop */
  readonly drain: number
}

export const listenDefaults: ListenSettings = {
  pollerHeartbeat: 1000, agentHeartbeat: 30_000, idle: { least: 15_000, heartbeats: 2.5 }, tlsHandshake: 10_000, hello: 30_000,
  longestLine: 4 * 2 ** 20, longestHello: 64 * 2 ** 10, parallel: 8, waiting: 16, page: 512 * 2 ** 10,
  mostUnsent: 16 * 2 ** 20, mostUnsentForConfirmations: 2 ** 20, mostConnections: 20_000, rereadCertificate: 10_000, lookAgain: 60_000, drain: 3000,
}

/** Settings of the connecting side; times are ms, sizes bytes. */
export interface ConnectSettings {
  /** TCP and TLS together; then the hello */
  readonly connect: number
  readonly hello: number
  /** a heartbeat without an answer for `heartbeatPatience` ends its connection */
  readonly heartbeat: number
  readonly heartbeatPatience: number
  /** a post, and a page of a schedule, that is unanswered for so long is tried elsewhere */
  readonly postPatience: number
  readonly schedulePatience: number
  /** an endpoint that failed is passed over for so long while there is another */
  readonly distrust: number
  /** how long the first question waits for the first connection */
  readonly firstConnection: number
  /** between two attempts to connect, at first and at most */
  readonly retry: { readonly first: number; readonly most: number }
  /** endpoints whose latencies differ by less than this are equally near */
  readonly near: number
  /** another endpoint is preferred when it is so many times nearer, and not within `stay` of the last change */
  readonly nearer: number
  readonly stay: number
  /** about the most that one post carries */
  readonly postBytes: number
  readonly longestLine: number
  readonly mostUnsent: number
  /** a confirmation that comes over several connections is one: for so long */
  readonly confirmationMemory: number
}

export const connectDefaults: ConnectSettings = {
  connect: 5000, hello: 10_000, heartbeat: 1000, heartbeatPatience: 3000, postPatience: 4000, schedulePatience: 10_000, distrust: 5000,
  firstConnection: 5000, retry: { first: 250, most: 15_000 }, near: 10, nearer: 2, stay: 30_000, postBytes: 2 ** 20,
  longestLine: 4 * 2 ** 20, mostUnsent: 16 * 2 ** 20, confirmationMemory: 60_000,
}
