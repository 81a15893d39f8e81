import type { Server } from 'node:net'

/** Thrown when another program listens where the broker should. */
export class PortInUse extends Error {
  override readonly name = 'PortInUse'
  readonly code = 'OTTLA_PORT_IN_USE'
}

/** The number of free ports of one address that are tried on the other as well. */
const mostAttempts = 10
/**
 * So many connections may wait to be accepted; the system may allow fewer. Beyond that it drops or resets them, and
 * thousands of clients may come while one turn of the event loop lasts.
 */
const backlog = 4096

/**
 * Listens on all addresses that a host stands for, with one port. `localhost` is the loopback of IPv4 and of IPv6
 * (where there is one), which other machines cannot reach; no host, or 0.0.0.0, is every address of both.
 */
export async function bind(
  create: () => Server,
  host: string,
  port: number,
): Promise<{ readonly servers: readonly Server[]; readonly port: number }> {
  if (host !== 'localhost') {
    const server = create()
    const everywhere = host === '' || host === '0.0.0.0'
    return { port: await listenOn(server, everywhere ? undefined : host, port), servers: [server] }
  }
  for (let attempt = 1; ; attempt++) {
    const [four, six] = [create(), create()]
    const chosen = await listenOn(four, '127.0.0.1', port)
    try {
      await listenOn(six, '::1', chosen)
      return { servers: [four, six], port: chosen }
    } catch (thrown) {
      if (!(thrown instanceof PortInUse)) return { servers: [four], port: chosen } // there is no IPv6 here
      four.close()
      if (port !== 0 || attempt === mostAttempts) throw thrown
    }
  }
}

function listenOn(server: Server, host: string | undefined, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const failed = (error: NodeJS.ErrnoException) => reject(inWords(error, host, port))
    server.once('error', failed)
    server.listen({ host, port, backlog }, () => {
      server.off('error', failed)
      const address = server.address()
      resolve(typeof address === 'object' && address ? address.port : port)
    })
  })
}

function inWords(error: NodeJS.ErrnoException, host: string | undefined, port: number): Error {
  if (error.code !== 'EADDRINUSE') return error
  const where = host === undefined ? '' : ` of ${host}`
  return new PortInUse(
    `Port ${port}${where} is taken by another program: stop that one, or choose another port.`,
  )
}
