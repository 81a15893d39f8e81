import { Socket } from 'node:net'

export interface Reads {
  /** Where the next bytes go. */
  space(): Buffer
  /** Called with each read, before anyone else reads. */
  filled(space: Buffer, bytes: number): void
}

type WithHandle = Socket & { _handle: object | null }

/**
 * A socket that was accepted, as one that reads to memory of ours. Left to itself Node makes a buffer for each
 * read, up to 64 KiB large, and these make the garbage collector run all the time. Node has this (`onread`) for
 * sockets that connect but not for those that a server accepts, hence the handle: where there is none, the
 * socket is as it was, and only slower.
 */
export function ownMemorySocket(accepted: Socket, reads: Reads): Socket {
  const { _handle: handle } = accepted as WithHandle
  if (!handle) return copying(accepted, reads)
  ;(accepted as WithHandle)._handle = null
  accepted.destroy() // an empty shell now
  const onread = {
    buffer: reads.space,
    callback: (bytes: number, space: Buffer) => {
      reads.filled(space, bytes)
      return true
    },
  }
  return new Socket({ handle, onread, allowHalfOpen: true } as ConstructorParameters<typeof Socket>[0])
}

function copying(socket: Socket, reads: Reads): Socket {
  socket.on('data', chunk => {
    for (let at = 0; at < chunk.length; ) {
      const space = reads.space()
      const bytes = chunk.copy(space, 0, at)
      at += bytes
      reads.filled(space, bytes)
    }
  })
  return socket.resume()
}
