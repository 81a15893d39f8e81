import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { RawClient } from '../support/raw-client.js'
import { request, ServedPort, textOf } from './served-port.js'

const most = 9000 // both ends are in this process, so each takes two file descriptors
const fewer = 2000

/** Opens as many connections as the process may have; fewer than `most` do where the machine allows no more. */
async function connectAll(port: ServedPort): Promise<RawClient[]> {
  const clients: RawClient[] = []
  try {
    while (clients.length < most) {
      clients.push(...(await Promise.all(Array.from({ length: 500 }, () => port.client()))))
    }
  } catch (thrown) {
    assert.ok(clients.length >= fewer, `only ${clients.length} connections: ${thrown}`)
  }
  return clients
}

test('thousands of connections are served, and each costs little', async t => {
  await using port = await ServedPort.open()
  const before = process.memoryUsage().rss
  const clients = await connectAll(port)
  for (const [i, client] of clients.entries()) client.send(request(`${i}`))
  const answers = await Promise.all(clients.map(client => client.frame()))
  assert.ok(answers.every((answer, i) => textOf(answer) === `${i}`))
  const bytesEach = (process.memoryUsage().rss - before) / clients.length
  t.diagnostic(`${clients.length} connections, ${Math.round(bytesEach / 1024)} KiB for both ends of each`)
  assert.ok(bytesEach < 64 * 1024)
})
