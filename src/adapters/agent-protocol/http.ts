const requestLine = /^([A-Z]{3,10}) (\S{1,2048}) HTTP\/1\.[01]$/

/** Version 0.0.0-0 tells an agent of the original kind that it shall not upgrade itself. */
const noUpgrade = '0.0.0-0'

/**
 * The answer to the first line of an HTTP request, which comes on the same port; undefined when it is none. There is
 * nothing here for browsers, and no upgrades: agents ask for those.
 */
export function answerTo(line: string): string | undefined {
  const [, method, path = ''] = requestLine.exec(line) ?? []
  if (method === undefined) return undefined
  if (method === 'GET' && /^\/upgrades\/[^/]+\/VERSION$/.test(path)) return response('200 OK', noUpgrade)
  return response('404 Not Found', 'This port speaks the agent protocol; the API listens on another one.\n')
}

function response(status: string, body: string): string {
  return `HTTP/1.1 ${status}\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`
}
