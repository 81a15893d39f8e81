import assert from 'node:assert/strict'
import { createServer } from 'node:net'
import { networkInterfaces } from 'node:os'
import { test } from 'node:test'
import { bind, PortInUse } from '../../src/net/bind.js'
import { RawClient } from '../support/raw-client.js'

const hasIpv6 = Object.values(networkInterfaces()).some(all => all?.some(each => each.address === '::1'))
const server = () => createServer(socket => socket.end())

async function reaches(host: string, port: number): Promise<boolean> {
  try {
    const client = await RawClient.connect(port, { host })
    client.destroy()
    return true
  } catch {
    return false
  }
}

test('a port that is taken is said so in a sentence that says what to do', async () => {
  const first = await bind(server, '127.0.0.1', 0)
  try {
    await assert.rejects(bind(server, '127.0.0.1', first.port), (error: Error) => {
      assert.ok(error instanceof PortInUse)
      assert.match(error.message, new RegExp(`Port ${first.port} .*choose another port`))
      return true
    })
  } finally {
    for (const each of first.servers) each.close()
  }
})

test('an address that this machine does not have is refused with the reason of the operating system', async () => {
  await assert.rejects(bind(server, '192.0.2.1', 0), { code: 'EADDRNOTAVAIL' })
})

test('localhost is the loopback of IPv4 and IPv6 and nothing else', async () => {
  const { servers, port } = await bind(server, 'localhost', 0)
  const addresses = servers
    .map(each => each.address())
    .map(each => (typeof each === 'object' ? each?.address : each))
  try {
    assert.deepEqual(addresses, hasIpv6 ? ['127.0.0.1', '::1'] : ['127.0.0.1'])
    assert.ok(await reaches('127.0.0.1', port))
    if (hasIpv6) assert.ok(await reaches('::1', port))
  } finally {
    for (const each of servers) each.close()
  }
})

test('a port of localhost that is taken on IPv6 only counts as taken', { skip: !hasIpv6 }, async () => {
  const six = await bind(server, '::1', 0)
  try {
    await assert.rejects(bind(server, 'localhost', six.port), PortInUse)
    const again = await bind(server, '127.0.0.1', six.port) // the IPv4 port was given back
    for (const each of again.servers) each.close()
  } finally {
    for (const each of six.servers) each.close()
  }
})

test('no host means every address of IPv4 and IPv6', async () => {
  const { servers, port } = await bind(server, '', 0)
  try {
    assert.ok(await reaches('127.0.0.1', port))
    if (hasIpv6) assert.ok(await reaches('::1', port))
  } finally {
    for (const each of servers) each.close()
  }
})
