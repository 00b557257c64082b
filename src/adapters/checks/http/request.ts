/** One request of ours; everything in it is plain text that was checked before. */
export interface Request {
  readonly method: string
  readonly url: URL
  readonly headers: Readonly<Record<string, string>>
  readonly payload: string | undefined
}

export const pathOf = (url: URL): string => url.pathname + url.search

/** The request as it goes over the wire, as one piece. */
export function render({ method, url, headers, payload }: Request): string | Buffer {
  let head = `${method} ${pathOf(url)} HTTP/1.1\r\nHost: ${url.host}\r\nUser-Agent: Vedette\r\nConnection: close\r\n`
  let saysWhatItTakes = false
  for (const name in headers) {
    head += `${name}: ${headers[name]}\r\n`
    saysWhatItTakes ||= name.toLowerCase() === 'accept'
  }
  if (!saysWhatItTakes) head += 'Accept: */*\r\n'
  if (payload === undefined) return head + (method === 'GET' || method === 'HEAD' ? '\r\n' : 'Content-Length: 0\r\n\r\n')
  return Buffer.from(`${head}Content-Length: ${Buffer.byteLength(payload)}\r\n\r\n${payload}`)
}
