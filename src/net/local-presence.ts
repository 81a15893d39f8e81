import { connect, createServer } from 'node:net'
import type { Presence } from '../engine/presence.js'

/** What the address of a local socket may take (sun_path); longer ones would be cut off without a word. */
const mostAddressBytes = 100

/**
 * Processes hear each other through local sockets (named pipes on Windows): the operating system closes
 * them with the process, and who connects knows that it lives. It works across the containers of one
 * machine, and not where the file system has no sockets.
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

/** What connecting fails with where nobody listens. */
const nobody: ReadonlySet<string> = new Set(['ECONNREFUSED', 'ENOENT'])

function addressOf(directory: string, name: string): string | null {
  const path = process.platform === 'win32' ? `\\\\.\\pipe\\ottla${name}` : `${directory}/${name}`
  return Buffer.byteLength(path) <= mostAddressBytes ? path : null
}
