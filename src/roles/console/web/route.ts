import { useEffect, useState } from 'preact/hooks'

/** Where the person is: the part of the address after #. */
export type Route =
  | { readonly view: 'now' }
  | { readonly view: 'entities'; readonly query: string }
  | { readonly view: 'check'; readonly entity: string; readonly check: string }
  | { readonly view: 'alarm'; readonly entity: string; readonly alarm: string; readonly version: number | undefined }
  | { readonly view: 'add'; readonly entity: string | undefined; readonly check: string | undefined }

export function parseRoute(hash: string): Route {
  const [path = '', query = ''] = hash.replace(/^#\/?/, '').split('?')
  const [head, entity, third] = path.split('/').map(decodeURIComponent)
  if (head === 'entities') return { view: 'entities', query: new URLSearchParams(query).get('q') ?? '' }
  if (head === 'checks' && entity !== undefined && third !== undefined) return { view: 'check', entity, check: third }
  if (head === 'alarms' && entity !== undefined && third !== undefined) {
    const [alarm = '', version] = third.split('@')
    return { view: 'alarm', entity, alarm, version: version === undefined ? undefined : Number(version) }
  }
  if (head === 'add') return { view: 'add', entity, check: third }
  return { view: 'now' }
}

export const to = {
  now: '#/',
  entities: (query = ''): string => (query === '' ? '#/entities' : `#/entities?q=${encodeURIComponent(query)}`),
  check: (entity: string, check: string): string => `#/checks/${entity}/${check}`,
  alarm: (entity: string, alarm: string, version?: number): string => `#/alarms/${entity}/${alarm}${version === undefined ? '' : `@${version}`}`,
  add: (entity?: string, check?: string): string => ['#/add', entity, check].filter((part) => part !== undefined).join('/'),
}

export function useRoute(): Route {
  const [hash, setHash] = useState(location.hash)
  useEffect(() => {
    const moved = (): void => setHash(location.hash)
    addEventListener('hashchange', moved)
    return () => removeEventListener('hashchange', moved)
  }, [])
  return parseRoute(hash)
}
