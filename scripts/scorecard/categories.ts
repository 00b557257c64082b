/** One thing that a platform is judged by. `weight` is the default; anyone may set another. */
export interface Category {
  readonly title: string
  readonly short: string
  readonly asks: string
  readonly weight: number
  readonly why: string
}

// Two sizes only, so that nothing can be tuned to the third digit: 1 is what any server needs,
// 2 is where a promise of the design, or what a small team can finish at all, hangs on the platform itself.
export const categories = {
  community: {
    title: 'Community', short: 'comm', weight: 1,
    asks: 'Are there people, answers and maintainers, and will there be in ten years?',
    why: 'Ordinary: all ten are alive; a small community costs days, not the product.',
  },
  velocity: {
    title: 'Velocity', short: 'velo', weight: 2,
    asks: 'How quickly does an idea become a change that is reviewed and landed?',
    why: 'Double: an API, a language, a protocol, stores, probes and a console are a large, fixed scope for a few people.',
  },
  correctness: {
    title: 'Correctness', short: 'corr', weight: 2,
    asks: 'What do the compiler and the runtime rule out before a user meets it?',
    why: 'Double: a lost observation or a false page is the failure that this product exists to prevent.',
  },
  debuggability: {
    title: 'Debuggability and tooling', short: 'debg', weight: 1,
    asks: 'What can be seen in a live process, and what do editor, linter and profiler give?',
    why: 'Ordinary: votes and ledger rows explain a decision by themselves, whatever the runtime shows.',
  },
  downtime: {
    title: 'Downtime and compile time', short: 'down', weight: 1,
    asks: 'How long from a saved file to a running process, and from a stop to full service?',
    why: 'Ordinary: any process may be gone for seconds, another one takes over; waiting for builds is already in velocity.',
  },
  libraries: {
    title: 'Libraries', short: 'libs', weight: 1,
    asks: 'Are Cassandra, SQLite, ICMP, DNS, TLS, SSH and SMTP there, kept up by someone?',
    why: 'Ordinary: about ten dependencies are needed, and each gap is one adapter.',
  },
  testability: {
    title: 'Testability', short: 'test', weight: 2,
    asks: 'Can a whole cluster run in one seeded process, with faults, faster than real time?',
    why: 'Double: every promise has a test that could fail, and most of these tests are that simulation.',
  },
  experience: {
    title: 'Team experience', short: 'team', weight: 1,
    asks: 'How much must the team learn, and how many languages must one change cross?',
    why: 'Ordinary, although it would flatter the choice most: it matters at first and fades within a year.',
  },
  performance: {
    title: 'Performance', short: 'perf', weight: 1,
    asks: 'What does a check cost in CPU and memory, and does a second core help?',
    why: 'Ordinary: checks wait on the network and pollers multiply; cost matters, yet it decides no page.',
  },
  production: {
    title: 'Production', short: 'prod', weight: 1,
    asks: 'How does it live for years: crashes, memory limits, upgrades, security releases?',
    why: 'Ordinary: the design lets any process die at any time, which buys much of what a sturdier runtime gives.',
  },
} as const satisfies Record<string, Category>

export type CategoryKey = keyof typeof categories

export const categoryKeys = Object.keys(categories) as readonly CategoryKey[] // the keys of a constant are its type's keys

export type Weights = Readonly<Record<CategoryKey, number>>

/** The weights that the page and decision 0002 use. */
export const defaultWeights = Object.fromEntries(
  categoryKeys.map((key) => [key, categories[key].weight]),
) as Weights // fromEntries forgets the keys it was given
