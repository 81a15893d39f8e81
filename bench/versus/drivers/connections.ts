/** Opens connections that ask for ApiVersions and then no more; prints a line when all are open. */
import { apiVersions } from '../../../src/wire/apis/api-versions.js'
import { RawClient } from '../../../test/support/raw-client.js'

const { bootstrap, connections } = JSON.parse(process.argv[2] as string) as {
  bootstrap: string
  connections: number
}
const port = Number(bootstrap.split(':').at(-1))
const atOnce = 100
const clients: RawClient[] = []

async function open(): Promise<void> {
  const client = await RawClient.connect(port)
  await client.ask(apiVersions, 0, {})
  clients.push(client)
}

while (clients.length < connections) await Promise.all(Array.from({ length: atOnce }, open))
console.log('open')
