import { once } from 'node:events'
import { createServer, type Server } from 'node:net'

/** The first of `count` consecutive ports that are free at the moment. */
export async function freePorts(count: number): Promise<number> {
  for (let attempt = 0; attempt < 50; attempt++) {
    const servers: Server[] = []
    try {
      const first = await held(0, servers)
      for (let port = first + 1; port < first + count; port++) await held(port, servers)
      return first
    } catch {
      // one of them is taken: try elsewhere
    } finally {
      await Promise.all(servers.map(server => new Promise(done => server.close(done))))
    }
  }
  throw new Error(`there are no ${count} consecutive free ports`)
}

async function held(port: number, servers: Server[]): Promise<number> {
  const server = createServer().listen(port, '127.0.0.1')
  await once(server, 'listening')
  servers.push(server)
  return (server.address() as { port: number }).port
}
