import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { answers, eventually } from './eventually.ts'

/** A real nginx that can be stopped and started; its ports stay the same. */
export interface Nginx extends AsyncDisposable {
  start(): Promise<void>
  /** ends it at once, connections included; resolves when its ports refuse */
  stop(): Promise<void>
}

/** nginx serving a small page on each of `ports`, in a folder of its own. */
export async function nginx(ports: readonly number[]): Promise<Nginx> {
  const home = await mkdtemp(join(tmpdir(), 'vedette-nginx-'))
  const config = join(home, 'nginx.conf')
  await writeFile(config, `daemon off; worker_processes 1; pid ${home}/pid; error_log ${home}/error.log;
events { worker_connections 256; }
http { access_log off; client_body_temp_path ${home}/a; proxy_temp_path ${home}/b; fastcgi_temp_path ${home}/c; uwsgi_temp_path ${home}/d; scgi_temp_path ${home}/e;
${ports.map((port) => `server { listen 127.0.0.1:${port}; location / { return 200 "hello\\n"; } }`).join('\n')}
}`)
  let child = await launch()

  async function launch() {
    const started = spawn('nginx', ['-c', config, '-e', join(home, 'error.log')], { stdio: 'ignore', env: { ...process.env, PATH: `${process.env.PATH}:/usr/sbin` } })
    await once(started, 'spawn')
    await eventually('nginx answers', () => answers(`http://127.0.0.1:${ports[0]}/`), 10_000)
    return started
  }

  async function stop(): Promise<void> {
    if (child.exitCode !== null || child.signalCode !== null) return
    const ended = once(child, 'exit')
    child.kill('SIGTERM')
    await ended
  }

  return {
    stop,
    async start() {
      child = await launch()
    },
    async [Symbol.asyncDispose]() {
      await stop()
      await rm(home, { recursive: true, force: true })
    },
  }
}
