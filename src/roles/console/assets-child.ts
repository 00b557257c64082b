import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { stripTypeScriptTypes } from 'node:module'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import type { Asset, Assets } from './assets.ts'

// Runs in a process of its own, which ends when it has printed what the page is made of: the stripper takes 47 MB and
// never gives them back.

const source = new URL('../../', import.meta.url)
const entry = 'roles/console/web/main.ts'
const plain = ['roles/console/web/style.css', 'roles/console/web/icon.svg'] as const
const types: Readonly<Record<string, string>> = { ts: 'text/javascript; charset=utf-8', css: 'text/css; charset=utf-8', svg: 'image/svg+xml' }

/** Packages that the page may import by name, and the file of each that a browser can read. */
const packageFiles: Readonly<Record<string, string>> = {
  'preact': 'preact', 'preact/hooks': 'preact/hooks', 'htm': 'htm', 'uplot': 'uplot/dist/uPlot.esm.js', 're2js': 're2js',
}

/** Reads everything that the page is made of: our modules without their types, and the few packages that they import. */
async function build(): Promise<Assets> {
  const files = new Map<string, Asset>()
  const packages = new Map<string, string>()
  const preload: string[] = []
  await addModule(entry, true, { files, packages, preload })
  for (const path of plain) files.set(`src/${path}`, await assetOf(path, await readFile(new URL(path, source))))
  files.set('npm/uplot.css', await assetOf('uplot.css', await readFile(new URL(import.meta.resolve('uplot/dist/uPlot.min.css')))))
  return { files, version: digest([...files.values()].map((file) => file.etag).join('')).slice(0, 12), preload, packages }
}

interface Found { readonly files: Map<string, Asset>; readonly packages: Map<string, string>; readonly preload: string[] }

/** Adds a module and, through its imports, everything that it needs; `now` tells that the page waits for it. */
async function addModule(path: string, now: boolean, found: Found): Promise<void> {
  const address = `src/${path}`
  if (now && !found.preload.includes(address)) found.preload.push(address)
  else if (found.files.has(address)) return
  const code = stripTypeScriptTypes(await readFile(new URL(path, source), 'utf8'))
  found.files.set(address, await assetOf(path, Buffer.from(code)))
  for (const [name, lazy] of importsOf(code)) {
    if (!name.startsWith('.')) await addPackage(name, now && !lazy, found)
    else await addModule(relative(path, name), now && !lazy, found)
  }
}

async function addPackage(name: string, now: boolean, { files, packages, preload }: Found): Promise<void> {
  const file = packageFiles[name]
  if (file === undefined) throw new Error(`the console's page imports ${name}, which is not among the packages that it may import`)
  const address = `npm/${name.replaceAll('/', '-')}.js`
  if (now && !preload.includes(address)) preload.push(address)
  if (packages.has(name)) return
  packages.set(name, address)
  const code = await readFile(fileURLToPath(import.meta.resolve(file)), 'utf8')
  // The maps stay in node_modules; a browser with open tools would ask for them in vain.
  files.set(address, await assetOf('package.ts', Buffer.from(code.replace(/^\/\/# sourceMappingURL=.*$/m, ''))))
}

/** What a module imports, and whether only later (`import()`). Types are gone already. */
function importsOf(code: string): readonly (readonly [name: string, lazy: boolean])[] {
  const atOnce = code.matchAll(/^(?:(?:import|export)\s[\s\w$*{},]*?\bfrom|import)\s*'([^']+)'/gm)
  const lazy = code.matchAll(/\bimport\('([^']+)'\)/g)
  return [...[...atOnce].map(([, name = '']) => [name, false] as const), ...[...lazy].map(([, name = '']) => [name, true] as const)]
}

function relative(from: string, name: string): string {
  return new URL(name, new URL(from, 'file:///')).pathname.slice(1)
}

async function assetOf(path: string, body: Buffer): Promise<Asset> {
  const type = types[path.slice(path.lastIndexOf('.') + 1)] ?? 'application/octet-stream'
  return { body, gzip: await promisify(gzip)(body), etag: `"${digest(body).slice(0, 20)}"`, type }
}

const digest = (data: string | Buffer): string => createHash('sha256').update(data).digest('hex')

/** As JSON, which has neither maps nor bytes. */
function printable({ files, packages, ...rest }: Assets) {
  const texts = [...files].map(([path, { body, gzip: small, ...asset }]) => [path, { ...asset, body: body.toString('base64'), gzip: small.toString('base64') }] as const)
  return { ...rest, files: texts, packages: [...packages] }
}

const assets = printable(await build())
export type PrintedAssets = typeof assets
process.stdout.write(JSON.stringify(assets))
