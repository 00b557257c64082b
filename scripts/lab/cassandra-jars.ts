import { execFile } from 'node:child_process'
import { access, constants, glob, mkdir, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'

/** The server that tests run on: Cassandra's own Maven artifact and what it depends on, on Java 17. */
export const cassandraVersion = '5.0.9'
const java = 17
const plugin = 'org.apache.maven.plugins:maven-dependency-plugin:3.6.1'
const run = promisify(execFile)

/** Where the jars are kept, once for all checkouts of a person. */
export function jarsFolder(): string {
  return join(cache(), `jars-${cassandraVersion}`)
}

const cache = (): string => join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'vedette-cassandra')

/** Fetches the jars if they are not there, as Maven is set up on this machine; says so on stderr. */
export async function installJars(): Promise<string> {
  const folder = jarsFolder()
  if (await isComplete(folder)) return folder
  await mkdir(cache(), { recursive: true })
  // In a folder of its own that is renamed when it is whole: neither an interruption nor a second installer leaves a half.
  const work = await mkdtemp(join(cache(), 'installing-'))
  try {
    console.error(`Fetching the jars of Cassandra ${cassandraVersion} with Maven (70 MB) into ${folder} …`)
    await fetchInto(work)
    if (!(await isComplete(join(work, 'jars')))) throw new Error('Maven ended well, and there is no server among its jars')
    await rename(join(work, 'jars'), folder)
  } catch (error) {
    if (!(await isComplete(folder))) throw error
    // else another process was faster
  } finally {
    await rm(work, { recursive: true, force: true })
  }
  return folder
}

const isComplete = (folder: string): Promise<boolean> => isThere(join(folder, `cassandra-all-${cassandraVersion}.jar`), constants.R_OK)

async function fetchInto(work: string): Promise<void> {
  await writeFile(join(work, 'pom.xml'), `<project xmlns="http://maven.apache.org/POM/4.0.0">
<modelVersion>4.0.0</modelVersion><groupId>vedette</groupId><artifactId>cassandra-for-tests</artifactId><version>1</version><packaging>pom</packaging>
<dependencies><dependency><groupId>org.apache.cassandra</groupId><artifactId>cassandra-all</artifactId><version>${cassandraVersion}</version></dependency></dependencies>
</project>`)
  // A wrong checksum is an error (-C), not a warning.
  await run('mvn', ['-B', '-q', '-C', `${plugin}:copy-dependencies`, '-DincludeScope=runtime', '-DoutputDirectory=jars'], { cwd: work, maxBuffer: 2 ** 26 })
}

/** The agent that measures objects for Cassandra; it has to be named to the JVM. */
export async function measuringAgent(): Promise<string> {
  const name = (await readdir(jarsFolder())).find((file) => file.startsWith('jamm-'))
  if (name === undefined) throw new Error(`no jamm among the jars in ${jarsFolder()}`)
  return join(jarsFolder(), name)
}

/** The command of a Java 17: JAVA_HOME's, the PATH's, or where Debian puts it; undefined when there is none. */
export async function findJava(): Promise<string | undefined> {
  const home = process.env.JAVA_HOME
  const folders = [...(home === undefined ? [] : [join(home, 'bin')]), ...(process.env.PATH ?? '').split(delimiter)]
  const candidates = [...folders.map((folder) => join(folder, 'java')), ...(await Array.fromAsync(glob(`/usr/lib/jvm/java-${java}-*/bin/java`)))]
  for (const command of candidates) if (await isThere(command, constants.X_OK) && await isRight(command)) return command
  return undefined
}

async function isRight(command: string): Promise<boolean> {
  try {
    return (await run(command, ['-version'])).stderr.includes(`version "${java}.`)
  } catch {
    return false
  }
}

async function isThere(path: string, mode: number): Promise<boolean> {
  try {
    await access(path, mode)
    return true
  } catch {
    return false
  }
}
