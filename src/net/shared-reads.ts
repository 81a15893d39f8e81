import { type Server, Socket } from 'node:net'

/** The most bytes that a socket reads at once, where it has no room of its own. */
const mostBytes = 256 * 1024
let memory: Buffer | null = null

/**
 * The fields in which Node keeps an accepted connection. Node does not document them, but they are the same from 20 to
 * 25.
 */
interface Accepted {
  _handle: object | null
  _server: Server | null
}
type MakeSocket = new (options: object) => Socket

/**
 * Returns the socket of a connection that was accepted with `pauseOnConnect`, with reads that cost no memory: all
 * sockets read into the same buffer, one after the other, and a listener to `data` copies what it needs before it
 * returns. Where `room` gives a buffer, the socket reads into that instead; it is asked before each read.
 *
 * By itself Node reads into 64 KiB that are new each time, and leaves them to the garbage collector: the largest part
 * of the work of a large request. Node offers reads into given memory (`onread`) only for connections that the program
 * opens, so the socket is made anew. Where a later Node does not allow that, the socket stays as it is.
 */
export function sharingReads(accepted: Socket, room: () => Buffer | null): Socket {
  const { _handle: handle, _server: server } = accepted as Socket & Accepted
  if (typeof (handle as { useUserBuffer?: unknown } | null)?.useUserBuffer !== 'function')
    return accepted.resume()
  const onread = {
    buffer(): Buffer {
      memory ??= Buffer.allocUnsafeSlow(mostBytes)
      return room() ?? memory
    },
    callback(bytes: number, buffer: Buffer): boolean {
      socket.emit('data', buffer.subarray(0, bytes))
      return true
    },
  }
  const socket = new (Socket as unknown as MakeSocket)({ handle, allowHalfOpen: true, onread })
  Object.assign(socket, { _server: server }) // which counts it
  Object.assign(accepted, { _handle: null, _server: null })
  return socket
}
