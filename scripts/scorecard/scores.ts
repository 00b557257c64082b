import type { CategoryKey } from './categories.ts'

export type Score = 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9 | 10

export interface Platform {
  readonly name: string
  readonly scores: Readonly<Record<CategoryKey, readonly [score: Score, reason: string]>>
}

/** The one that Vedette is built on; the decision holds as long as it is also the winner. */
export const chosen = 'Node.js'

// One reason per score, each something that a reader can dispute. The scores are judgements of 2026, not measurements.
export const platforms: readonly Platform[] = [
  {
    name: 'Node.js',
    scores: {
      community: [9, 'npm is the largest registry and the OpenJS Foundation governs the runtime, but many packages have one tired maintainer.'],
      velocity: [9, 'TypeScript runs without a build and console, API and core share one type; dependency upkeep takes some of that back.'],
      correctness: [6, 'Strict unions and exhaustive switches catch much and there are no data races, but types are erased, unsound in places, and integers end at 2^53.'],
      debuggability: [7, 'Inspector, CPU profile and heap snapshots are good; nothing lists the pending awaits of a stuck process or says what they wait for.'],
      downtime: [9, 'A changed file runs in well under a second and there is no warm-up worth waiting for; there is no hot code swap.'],
      libraries: [7, 'HTTP, TLS, DNS and SQLite are built in, but ICMP needs foreign calls and the Cassandra driver trails the Java one.'],
      testability: [9, 'One thread with ordered microtasks replays exactly once time, dice and I/O are injected; a stray setTimeout only a linter catches.'],
      experience: [10, 'The console needs TypeScript in any case, so this is the only choice (with its two siblings) that needs no second language.'],
      performance: [5, 'JavaScript runs on one core a process, 64-bit arithmetic needs slow BigInts, and parsing and timers cost more CPU a check than in Go or Rust.'],
      production: [6, 'One long callback stalls everything, the heap has a ceiling, an unhandled rejection ends the process, and npm is an attack surface.'],
    },
  },
  {
    name: 'Go',
    scores: {
      community: [9, 'Prometheus, Kubernetes and most monitoring agents are written in it; one company still decides its direction.'],
      velocity: [7, 'Small language and quick builds; error plumbing and missing sum types make domain code long, and the console is a second language.'],
      correctness: [6, 'Real 64-bit integers and a race detector, but nil pointers, silent zero values, no exhaustive switch, and races still compile.'],
      debuggability: [9, 'pprof, execution traces and a goroutine dump that says where each one waits come with every binary.'],
      downtime: [9, 'Builds in seconds, starts in milliseconds, one static file to copy; no hot code swap.'],
      libraries: [8, 'TLS and HTTP in the standard library, ICMP and SSH beside it, an Apache Cassandra driver; SQLite is cgo or a machine translation.'],
      testability: [7, 'synctest gives fake time in the standard library, but nobody seeds the goroutine scheduler, so an interleaving does not replay.'],
      experience: [5, 'Easy to learn and to read, but a second language beside the console\'s, and the alarm parser would exist twice.'],
      performance: [8, 'Cheap goroutines use all cores in little memory; the collector and the lack of control keep it behind Rust.'],
      production: [9, 'Static binary, short pauses, a soft memory limit, strong compatibility; a panic in any goroutine ends the process.'],
    },
  },
  {
    name: 'Rust',
    scores: {
      community: [7, 'Helpful, growing and well governed, but people who know async Rust deeply are few.'],
      velocity: [4, 'Lifetimes across async boundaries and slow builds tax each refactoring, and this design will be refactored often.'],
      correctness: [10, 'No null, no data races, exhaustive matches, integers of a named width; what is left are mostly logic errors.'],
      debuggability: [6, 'Native debuggers and perf work; stacks across await are poor and the heap of a live process is hard to read.'],
      downtime: [4, 'It starts at once, but a release build of this many dependencies takes minutes and a debug build many seconds.'],
      libraries: [7, 'hyper, rustls and rusqlite are first class; the best Cassandra driver is made by, and for, a rival of Cassandra.'],
      testability: [9, 'turmoil and madsim run a seeded cluster, loom explores interleavings; each asks that every dependency plays along.'],
      experience: [3, 'The steepest start of all, and a second language beside the console\'s.'],
      performance: [10, 'No collector, no ceiling on cores, the smallest memory a connection; nothing here is faster.'],
      production: [9, 'Predictable memory and latency in one binary; no supervision or introspection unless you build it.'],
    },
  },
  {
    name: 'Java',
    scores: {
      community: [9, 'Several vendors, thirty years of answers, and Cassandra itself is written in it.'],
      velocity: [6, 'Records and sealed types took much of the ceremony away; build tools, frameworks and a second language for the console remain.'],
      correctness: [7, 'Sealed types with exhaustive switches and true 64-bit integers; null and shared mutable state remain.'],
      debuggability: [10, 'Flight Recorder, thread dumps and heap analysis in a live process at little cost are the best there is.'],
      downtime: [5, 'Seconds to compile and to start, then minutes until the JIT is warm; ahead-of-time caches help at the price of build steps.'],
      libraries: [9, 'The reference Cassandra driver and a kept-up library for all else; ICMP needs the foreign function interface.'],
      testability: [7, 'Testcontainers, jqwik and JCStress are strong; virtual threads have no seedable scheduler, so a cluster does not replay.'],
      experience: [4, 'Widely taught, but another language, another build and another tuning craft for this team.'],
      performance: [8, 'Virtual threads and the JIT carry huge loads on all cores; a small agent still pays a large heap.'],
      production: [9, 'Excellent collectors and long support terms; heap sizing inside containers remains a craft.'],
    },
  },
  {
    name: 'Kotlin',
    scores: {
      community: [7, 'Large through Android; on the server it is a minority that leans on Java\'s answers and on one company.'],
      velocity: [7, 'Terse, null-safe code with coroutines; slower builds than Java and a second language for the console.'],
      correctness: [8, 'Null safety, sealed types and exhaustive when on a sound runtime; Java types leak nulls in, races remain.'],
      debuggability: [8, 'All the JVM\'s tools, but coroutines hide the stack that they would show.'],
      downtime: [4, 'The JVM\'s start and warm-up, and a compiler that is slower than Java\'s.'],
      libraries: [9, 'Everything of Java\'s, the reference Cassandra driver included, with futures to wrap.'],
      testability: [8, 'Virtual time for coroutines is an official library and replays on one thread; Java libraries escape it.'],
      experience: [3, 'Language, coroutines and JVM are all to be learnt, next to the console\'s language.'],
      performance: [8, 'The JVM\'s throughput on all cores, and its memory.'],
      production: [8, 'The JVM\'s sturdiness; structured concurrency helps, swallowed cancellations hurt.'],
    },
  },
  {
    name: 'Elixir',
    scores: {
      community: [5, 'Excellent but small; few people for hire, and core libraries with one or two maintainers.'],
      velocity: [7, 'Supervision, clustering and live web pages come ready; the alarm editor in the browser would still be JavaScript.'],
      correctness: [6, 'Immutable data, isolated processes and big integers; types are checked gradually and late.'],
      debuggability: [9, 'A shell into the live node that traces any call and shows any process\'s mailbox; optimised code steps poorly.'],
      downtime: [8, 'Compiles in seconds and can replace code while it runs; releases that really do so take care.'],
      libraries: [5, 'Telecom protocols are superb; the Cassandra driver is a small community project, and SQLite is a native extension.'],
      testability: [6, 'Isolated concurrent tests and property testing; the preemptive scheduler has neither fake time nor a seed.'],
      experience: [2, 'Functional style, OTP and a runtime with its own lore, all new, next to the console\'s language.'],
      performance: [6, 'Millions of cheap processes on all cores; plain computing such as rollups and parsing is slow.'],
      production: [10, 'Built for switches that may not stop: a crash stays in its process, no process can stall the others.'],
    },
  },
  {
    name: 'C#',
    scores: {
      community: [8, 'Large, open and well funded; server code on Linux is still the smaller half, and one company leads.'],
      velocity: [7, 'One good language, one framework, one build tool; projects and layers grow heavy, the console is a second language.'],
      correctness: [8, 'Nullable annotations, records and true 64-bit integers; annotations can be overruled, and races remain.'],
      debuggability: [9, 'dotnet-trace, dotnet-dump and the best stepping debugger, also across awaits.'],
      downtime: [6, 'Seconds to build, under a second to start, JIT tiers to warm; native compilation limits reflection.'],
      libraries: [8, 'ICMP, TLS and HTTP are built in, SQLite is first class, the Cassandra driver is a vendor\'s second priority.'],
      testability: [8, 'Time is an official abstraction with a fake, Coyote explores schedules; the thread pool itself has no seed.'],
      experience: [3, 'A language and ecosystem of its own, next to the console\'s.'],
      performance: [9, 'Value types and a fast server use all cores, close to native; memory is above Go\'s.'],
      production: [8, 'Fast releases with three years of support, good collectors; an async void that throws ends the process.'],
    },
  },
  {
    name: 'Python',
    scores: {
      community: [10, 'Every administrator reads it, and a foundation governs it.'],
      velocity: [8, 'The shortest path to a first version; the second one waits for types and tests that replace a compiler.'],
      correctness: [4, 'Types are optional and checked by others; a misspelt attribute is found at night. Integers, at least, never overflow.'],
      debuggability: [7, 'py-spy and a debugger look into a live process; asyncio tasks are listed, but memory growth is hard to explain.'],
      downtime: [8, 'Nothing to compile and quick to start; imports of a large program take a second or two.'],
      libraries: [7, 'A library for everything; the Cassandra driver brings its own threads rather than asyncio\'s loop.'],
      testability: [7, 'Hypothesis is the best property tester and the event loop can be replaced; libraries with threads escape it.'],
      experience: [6, 'Read by everyone, so scripts need no lessons; a typed service of this size does, and the console is a second language.'],
      performance: [2, 'The slowest of all by a wide margin, and asyncio uses one core.'],
      production: [5, 'Packaging and virtual environments are the outage; one blocking call in a library stalls the loop.'],
    },
  },
  {
    name: 'Bun',
    scores: {
      community: [6, 'Loud and quick, but one company, and answers usually mean Node.'],
      velocity: [9, 'TypeScript, bundler, test runner and packages in one fast tool; its gaps to Node take back what that gains.'],
      correctness: [5, 'TypeScript\'s merits and limits, and a young runtime in which a crash is sometimes not your own fault.'],
      debuggability: [5, 'An inspector on another engine, with fewer profilers, less documentation and less experience.'],
      downtime: [10, 'Nothing to build and the quickest start of all.'],
      libraries: [6, 'Most of npm and its own SQLite; native add-ons and the corners of TLS, dgram and workers differ from Node.'],
      testability: [7, 'Determinism as in Node; it is the system tests that find the differences in sockets and processes.'],
      experience: [8, 'The same language as the console; its own interfaces and its own bugs to learn.'],
      performance: [6, 'A quicker HTTP server and start than Node, still one thread for all JavaScript.'],
      production: [4, 'No long-term releases and few long-lived processes to learn from.'],
    },
  },
  {
    name: 'Deno',
    scores: {
      community: [5, 'Careful, standards-minded and small, with one company behind it.'],
      velocity: [8, 'Formatter, linter, tests and TypeScript in one binary; npm packages work until one does not.'],
      correctness: [6, 'TypeScript as in Node, with permissions that name what the process may touch.'],
      debuggability: [7, 'The same inspector and heap snapshots as Node, fewer diagnostics for native code.'],
      downtime: [9, 'Nothing to build, starts in milliseconds, compiles to one file.'],
      libraries: [6, 'npm through a compatibility layer; what relies on Node\'s internals, like drivers and add-ons, is the risk.'],
      testability: [9, 'Determinism as in Node, and a test runner that fails on a leaked timer or socket by itself.'],
      experience: [8, 'The same language as the console; permissions, registry and standard library are its own.'],
      performance: [5, 'V8 like Node: one thread for all JavaScript, with its own cost at the border to Rust.'],
      production: [5, 'Permissions are a real gain; few large deployments to learn from, and support windows of months.'],
    },
  },
]
