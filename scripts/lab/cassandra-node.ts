import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, open, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { findJava, installJars, measuringAgent } from './cassandra-jars.ts'
import { dyingWithUs } from './process.ts'

/** What one node is told; each node is the only one of its data centre. */
export interface NodePlan {
  readonly address: string
  readonly region: string
  readonly directory: string
  readonly seeds: readonly string[]
  /** what goes before the command, such as what takes it into a network of its own */
  readonly within: readonly string[]
  /** settings of cassandra.yaml that differ from ours */
  readonly set: Readonly<Record<string, unknown>>
}

export const cqlPort = 9042
const gossipPort = 7000

// Cassandra reaches into these parts of the JDK (its own jvm17-server.options lists them) and does not start without.
const exported = ['java.base/jdk.internal.misc', 'java.base/java.lang.ref', 'java.management.rmi/com.sun.jmx.remote.internal.rmi', 'java.rmi/sun.rmi.registry', 'java.rmi/sun.rmi.server', 'java.sql/java.sql', 'jdk.attach/sun.tools.attach', 'jdk.unsupported/sun.misc']
const opened = [
  ...['java.io', 'java.lang', 'java.lang.module', 'java.lang.reflect', 'java.math', 'java.net', 'java.util', 'java.util.concurrent', 'java.util.concurrent.atomic', 'jdk.internal.loader', 'jdk.internal.math', 'jdk.internal.module', 'jdk.internal.ref', 'jdk.internal.reflect', 'jdk.internal.util.jar', 'sun.nio.ch'].map((name) => `java.base/${name}`),
  'jdk.management/com.sun.management.internal',
]
// Measured on two cores: these start sooner and take half of the memory of the official ones.
const small = ['-Xms128m', '-Xmx512m', '-Xss256k', '-XX:MaxDirectMemorySize=256m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-XX:+PerfDisableSharedMem', '-XX:+ExitOnOutOfMemoryError']
// Whoever starts a node waits until the others see it, so it need not wait by itself.
const quick = ['-Dcassandra.skip_wait_for_gossip_to_settle=0', '-Dcassandra.ring_delay_ms=2000']

/**
 * Cassandra's idle threads wake every 10 µs to look for work. On a few virtual cores that is most of what it does (100,000
 * switches a second, a third of the statements); timers that may be 1 ms late, which threads inherit, end this.
 */
const calmTimers = ['sh', '-c', 'echo 1000000 2>/dev/null >/proc/self/timerslack_ns; exec "$@"', 'sh']

/** One JVM: it dies with the process that started it. */
export class CassandraNode {
  readonly plan: NodePlan
  #child: ChildProcess | undefined
  /** its disk is gone: the next start takes the data from the others */
  #lost = false

  constructor(plan: NodePlan) {
    this.plan = plan
  }

  get runs(): boolean {
    return this.#child !== undefined && this.#child.exitCode === null && this.#child.signalCode === null
  }

  /** Starts the process; it answers some seconds later. */
  async launch(): Promise<void> {
    const { directory } = this.plan
    await mkdir(join(directory, 'tmp'), { recursive: true })
    const command = await this.#command()
    const log = await open(join(directory, 'out.log'), 'a')
    const [program = '', ...args] = [...this.plan.within, ...dyingWithUs, ...calmTimers, ...command]
    this.#child = spawn(program, args, { cwd: directory, detached: true, stdio: ['ignore', log.fd, log.fd], env: { ...process.env, MALLOC_ARENA_MAX: '2' } })
    this.#child.unref()
    await Promise.all([once(this.#child, 'spawn'), log.close()])
  }

  /** Forgets that its disk was lost, once it has taken its data from the others. */
  started(): void {
    this.#lost = false
  }

  signal(name: NodeJS.Signals): void {
    if (!this.runs) throw new Error(`the node ${this.plan.address} does not run`)
    this.#child?.kill(name)
  }

  get pid(): number | undefined {
    return this.#child?.pid
  }

  async kill(): Promise<void> {
    if (!this.runs || this.#child === undefined) return
    const ended = once(this.#child, 'exit')
    this.#child.ref()
    this.#child.kill('SIGKILL')
    await ended
  }

  async lose(): Promise<void> {
    await this.kill()
    await rm(this.plan.directory, { recursive: true, force: true })
    this.#lost = true
  }

  async lastWords(): Promise<string> {
    return (await readFile(join(this.plan.directory, 'out.log'), 'utf8')).slice(-4000)
  }

  async #command(): Promise<readonly string[]> {
    const { address, directory } = this.plan
    const [java, jars] = [await findJava(), await installJars()]
    if (java === undefined) throw new Error('there is no Java 17 (JAVA_HOME, PATH, /usr/lib/jvm)')
    await this.#configure()
    return [
      java, ...small, ...quick, '-Djdk.attach.allowAttachSelf=true', '-Dio.netty.tryReflectionSetAccessible=true', '-Djava.net.preferIPv4Stack=true',
      ...exported.flatMap((one) => ['--add-exports', `${one}=ALL-UNNAMED`]), ...opened.flatMap((one) => ['--add-opens', `${one}=ALL-UNNAMED`]),
      `-javaagent:${await measuringAgent()}`, `-Djava.io.tmpdir=${join(directory, 'tmp')}`, `-Dcassandra.storagedir=${directory}`, '-Dcassandra-foreground=yes',
      ...(this.#lost ? [`-Dcassandra.replace_address_first_boot=${address}`] : []),
      '-cp', `${directory}:${jars}/*`, 'org.apache.cassandra.service.CassandraDaemon',
    ]
  }

  async #configure(): Promise<void> {
    const { directory, region } = this.plan
    // JSON is YAML.
    await writeFile(join(directory, 'cassandra.yaml'), JSON.stringify(this.#settings(), null, 1))
    await writeFile(join(directory, 'cassandra-rackdc.properties'), `dc=${region}\nrack=rack1\n`)
    await writeFile(join(directory, 'logback.xml'), `<configuration><appender name="OUT" class="ch.qos.logback.core.ConsoleAppender"><encoder><pattern>%-5level %date{ISO8601} %F:%L - %msg%n</pattern></encoder></appender>
<root level="INFO"><appender-ref ref="OUT"/></root></configuration>`)
  }

  #settings(): Readonly<Record<string, unknown>> {
    const { address, directory, seeds, set } = this.plan
    // A seed never streams in what it lost.
    const asked = this.#lost ? seeds.filter((seed) => seed !== address) : seeds
    return {
      cluster_name: 'vedette', num_tokens: 4, auto_bootstrap: this.#lost, partitioner: 'Murmur3Partitioner', endpoint_snitch: 'GossipingPropertyFileSnitch',
      seed_provider: [{ class_name: 'org.apache.cassandra.locator.SimpleSeedProvider', parameters: [{ seeds: asked.map((seed) => `${seed}:${gossipPort}`).join() }] }],
      listen_address: address, storage_port: gossipPort, rpc_address: address, native_transport_port: cqlPort,
      data_file_directories: [join(directory, 'data')], commitlog_directory: join(directory, 'commitlog'), hints_directory: join(directory, 'hints'), saved_caches_directory: join(directory, 'caches'),
      ...('commitlog_sync' in set ? {} : { commitlog_sync: 'periodic', commitlog_sync_period: '10000ms' }), commitlog_total_space: '512MiB',
      // A node that is back has its hints within seconds; a dropped table leaves no copy behind.
      hints_flush_period: '1000ms', hinted_handoff_throttle: '10240KiB', auto_snapshot: false,
      storage_compatibility_mode: 'NONE', concurrent_compactors: 1, memtable_flush_writers: 1, file_cache_size: '64MiB', key_cache_size: '8MiB',
      ...set,
    }
  }
}
