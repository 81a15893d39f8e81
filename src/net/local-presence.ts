import { connect, createServer } from 'node:net'
import type { Presence } from '../engine/presence.js'

/** The most bytes that the address of a local socket may have (sun_path); a longer one would be cut off silently. */
const mostAddressBytes = 100

/**
 * Lets processes notice each other through local sockets (named pipes on Windows). The operating system closes them
 * with the process, so that a process that can connect knows that the other lives. It works across the containers of
 * one machine, and not where the file system has no sockets.
 */
export const localPresence: Presence = {
  announce(directory, name) {
    const path = addressOf(directory, name)
    if (path === null) return Promise.resolve(null)
    return new Promise(resolve => {
      const server = createServer(socket => socket.destroy())
      server.once('error', () => resolve(null))
      server.listen({ path, exclusive: true }, () => {
        server.unref()
        resolve(() => void server.close())
      })
    })
  },

  isHeard(directory, name) {
    const path = addressOf(directory, name)
    if (path === null) return Promise.resolve(null)
    return new Promise(resolve => {
      const socket = connect({ path })
      socket.once('connect', () => resolve(true))
      socket.once('error', (error: NodeJS.ErrnoException) =>
        resolve(nobody.has(error.code ?? '') ? false : null),
      )
      socket.once('connect', () => socket.destroy())
    })
  },
}

/** The errors with which connecting fails where no process listens. */
const nobody: ReadonlySet<string> = new Set(['ECONNREFUSED', 'ENOENT'])

function addressOf(directory: string, name: string): string | null {
  const path = process.platform === 'win32' ? `\\\\.\\pipe\\ottla${name}` : `${directory}/${name}`
  return Buffer.byteLength(path) <= mostAddressBytes ? path : null
}
