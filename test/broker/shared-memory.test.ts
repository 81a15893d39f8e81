import assert from 'node:assert/strict'
import { once } from 'node:events'
import { test } from 'node:test'
import { Broker } from '../../src/index.js'
import { apiVersions } from '../../src/wire/apis/api-versions.js'
import { RawClient } from '../support/raw-client.js'

const largeBytes = 32 * 1024 * 1024

/** The beginning of a request that is never completed. */
function unfinished(bytes: number): Buffer {
  const begun = Buffer.alloc(bytes)
  begun.writeInt32BE(2 * largeBytes)
  return begun
}

test('all nodes of a broker share the memory for requests', async () => {
  await using broker = await Broker.create({
    brokers: 3,
    set: { 'ottla.request.memory.max.bytes': 100_000 },
  })
  const [first, second, third] = await Promise.all(
    broker.brokers.map(address => RawClient.connect(Number(address.split(':').at(-1)))),
  )
  assert.ok(first && second && third)
  first.socket.write(unfinished(200_000))
  await third.ask(apiVersions, 3, { clientSoftwareName: 'test', clientSoftwareVersion: '1' })
  second.socket.write(unfinished(largeBytes))
  for (let i = 0; i < 100; i++) {
    await third.ask(apiVersions, 3, { clientSoftwareName: 'test', clientSoftwareVersion: '1' })
  }
  assert.ok(second.socket.writableLength > 0, 'the second node reads on')
  first.destroy()
  await once(second.socket, 'drain')
  for (const client of [second, third]) client.destroy()
})
