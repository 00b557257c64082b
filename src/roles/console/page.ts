import { createHash } from 'node:crypto'
import type { Assets } from './assets.ts'

export interface Page { readonly html: string; readonly etag: string; readonly policy: string }

/**
 * The one page. Nothing in it runs but our own files: the import map is the only inline script, and the policy names
 * it by its hash. Nothing is ever asked of another host.
 */
export function pageOf(assets: Assets): Page {
  const at = (path: string) => `/console/files/${assets.version}/${path}`
  const imports = Object.fromEntries([...assets.packages].map(([name, path]) => [name, at(path)]))
  const map = JSON.stringify({ imports })
  const web = 'src/roles/console/web'
  const html = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>Vedette</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<link rel="icon" href="${at(`${web}/icon.svg`)}">
<link rel="stylesheet" href="${at('npm/uplot.css')}">
<link rel="stylesheet" href="${at(`${web}/style.css`)}">
<script src="${at(`${web}/theme.ts`)}"></script>
<script type="importmap">${map}</script>
${assets.preload.map((path) => `<link rel="modulepreload" href="${at(path)}">`).join('\n')}
<script type="module" src="${at(`${web}/main.ts`)}"></script>
</head>
<body><div id="app"></div><noscript>The console needs JavaScript. The API at /v1.0 does not.</noscript></body>
</html>
`
  return { html, etag: `"${hash(html, 'hex').slice(0, 20)}"`, policy: policyOf(hash(map, 'base64')) }
}

function policyOf(mapHash: string): string {
  return [
    "default-src 'none'", `script-src 'self' 'sha256-${mapHash}'`, "style-src 'self'", "connect-src 'self'", "img-src 'self' data:",
    "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'",
  ].join('; ')
}

const hash = (text: string, encoding: 'hex' | 'base64'): string => createHash('sha256').update(text).digest(encoding)
