import type { ProbeContext } from '../../../contracts/check-type.ts'
import { failed, unresolved, type Failure } from '../kit/failure.ts'
import { basic, digest, digestChallenge, type Credentials } from './digest.ts'
import { bareHost, exchange, type Exchange, type Place } from './exchange.ts'
import { pathOf, type Request } from './request.ts'
import { firstOf, type BodyBounds } from './response-parser.ts'

export interface Journey {
  readonly first: Request
  readonly credentials: Credentials | undefined
  readonly follow: boolean
  readonly verify: boolean
  readonly bounds: BodyBounds
}

/** The exchanges in their order, at least one, and why the journey ended badly, if it did. */
export interface Travelled { readonly exchanges: readonly Exchange[]; readonly failure: Failure | undefined }

type Context = Pick<ProbeContext<unknown>, 'address' | 'family' | 'wantedFamily' | 'resolveTook' | 'clock' | 'random' | 'resolver' | 'signal'>

const mostRedirects = 10
const redirects: readonly number[] = [301, 302, 303, 307, 308]

/**
 * A request, and where its answers lead. The first one goes to the check's target; so does every later one to the same
 * host name. Other hosts are resolved, each time, so that forbidden ranges hold, and are sent no credentials, no headers of
 * the check and no payload. A digest challenge is met once.
 */
export async function travel(context: Context, journey: Journey): Promise<Travelled> {
  const exchanges: Exchange[] = []
  let request = withBasic(journey.first, journey.credentials)
  let place: Place = { address: context.address, family: context.family, took: context.resolveTook }
  let mayMeetChallenge = journey.credentials !== undefined
  for (let hops = 0; ;) {
    const last = await exchange(context, { place, request, verify: journey.verify, bounds: journey.bounds })
    exchanges.push(last)
    if (last.failure !== undefined) return { exchanges, failure: last.failure }
    const authorized = mayMeetChallenge ? meetChallenge(context, last, request, journey) : undefined
    if (authorized !== undefined) {
      mayMeetChallenge = false
      request = authorized
      place = { ...place, took: 0 }
      continue
    }
    const next = journey.follow ? nextRequest(last, request, journey) : undefined
    if (next === undefined) return { exchanges, failure: undefined }
    if (next.kind === 'failed') return { exchanges, failure: next }
    hops += 1
    if (hops > mostRedirects) return { exchanges, failure: failed('too many redirects') }
    const found = await locate(context, journey.first.url, next.request.url)
    if (found.kind !== 'address') return { exchanges, failure: unresolved(found) }
    place = found
    request = next.request
    mayMeetChallenge = journey.credentials !== undefined && isHome(journey.first.url, request.url)
  }
}

function withBasic(request: Request, credentials: Credentials | undefined): Request {
  return credentials === undefined ? request : { ...request, headers: { ...request.headers, Authorization: basic(credentials) } }
}

function meetChallenge({ random }: Context, { response }: Exchange, request: Request, { credentials }: Journey): Request | undefined {
  const challenge = response.head?.status === 401 ? digestChallenge(response.head.headers) : undefined
  if (challenge === undefined || credentials === undefined) return undefined
  const cnonce = Buffer.from(random.bytes(16)).toString('hex')
  return { ...request, headers: { ...request.headers, Authorization: digest(challenge, credentials, request.method, pathOf(request.url), cnonce) } }
}

function nextRequest({ response }: Exchange, request: Request, journey: Journey): { readonly kind: 'request'; readonly request: Request } | Failure | undefined {
  const { head } = response
  if (head === undefined || !redirects.includes(head.status)) return undefined
  const location = firstOf(head.headers, 'location')
  if (location === undefined) return undefined
  // Bytes came as Latin-1; places are UTF-8 where they are not plain ASCII.
  const place = Buffer.from(location, 'latin1').toString('utf8')
  const url = URL.canParse(place, request.url.href) ? new URL(place, request.url) : undefined
  if (url === undefined || (url.protocol !== 'http:' && url.protocol !== 'https:')) return failed('bad response: a redirect to something that is not http')
  const plain: Request = { method: methodAfter(head.status, request.method), url, headers: {}, payload: undefined }
  if (!isHome(journey.first.url, url)) return { kind: 'request', request: plain }
  return { kind: 'request', request: withBasic({ ...plain, headers: journey.first.headers }, journey.credentials) }
}

/** As browsers do (Fetch, section 4.4). */
function methodAfter(status: number, method: string): string {
  if (status === 303) return method === 'HEAD' ? 'HEAD' : 'GET'
  return (status === 301 || status === 302) && method === 'POST' ? 'GET' : method
}

/** The same server, not less secure: http → https on the usual ports counts, the way back does not. */
export function isHome(first: URL, other: URL): boolean {
  if (first.hostname !== other.hostname) return false
  if (first.protocol === other.protocol) return first.port === other.port
  return first.protocol === 'http:' && first.port === '' && other.port === ''
}

async function locate({ address, wantedFamily, resolver, signal }: Context, first: URL, url: URL) {
  try {
    return await resolver.resolve(first.hostname === url.hostname ? address : bareHost(url), first.hostname === url.hostname ? undefined : wantedFamily, signal)
  } catch (error) {
    if (!signal.aborted) throw error
    return { kind: 'failed', detail: 'timeout' } as const
  }
}
