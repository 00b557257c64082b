import type { Socket } from 'node:net'

/** The longest line that the PROXY protocol, version 1, allows, with its end. */
const longest = 107
const newline = 0x0a
const start = Buffer.from('PROXY ')

/**
 * Waits for a connection's first bytes, takes away the line that a load balancer may have put before them, and gives
 * the rest on; `ready` learns where the line says that the connection comes from. A connection that says nothing for
 * `patience` ms is closed.
 */
export function withoutProxyLine(socket: Socket, patience: number, ready: (from: string | undefined) => void): void {
  let read = Buffer.alloc(0)
  const more = () => {
    const chunk: unknown = socket.read()
    if (chunk instanceof Uint8Array) read = Buffer.concat([read, chunk])
    const known = Math.min(read.length, start.length)
    const isProxied = read.subarray(0, known).equals(start.subarray(0, known))
    const end = read.indexOf(newline)
    if (isProxied && end < 0 && read.length < longest) return
    if (isProxied && (end < 0 || end >= longest)) return void socket.destroy()
    socket.off('readable', more)
    socket.setTimeout(0)
    if (read.length > (isProxied ? end + 1 : 0)) socket.unshift(isProxied ? read.subarray(end + 1) : read)
    ready(isProxied ? read.subarray(0, end).toString('latin1').trim().split(' ')[2] : undefined)
  }
  socket.setTimeout(patience, () => socket.destroy())
  socket.on('readable', more)
}
