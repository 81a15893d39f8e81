import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { test } from 'node:test'
import { sharingReads } from '../../src/net/shared-reads.js'

const none = () => null

/** A server whose connections share their reads, where they have no room of their own. */
async function served() {
  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const accepted = async () => ((await once(server, 'connection')) as [Socket])[0]
  return {
    server,
    accepted,
    async connection(room: () => Buffer | null = none) {
      const client = connect(port, '127.0.0.1')
      return { client, socket: sharingReads(await accepted(), room) }
    },
  }
}

async function received(socket: Socket, bytes: number): Promise<{ text: string; memory: ArrayBufferLike[] }> {
  let text = ''
  const memory = new Set<ArrayBufferLike>()
  while (text.length < bytes) {
    const [chunk] = (await once(socket, 'data')) as [Buffer]
    text += chunk.toString('latin1')
    memory.add(chunk.buffer)
  }
  return { text, memory: [...memory] }
}

test('all connections read into the same memory, one after the other', async () => {
  const { server, connection } = await served()
  const [ann, bob] = [await connection(), await connection()]
  ann.client.write('a'.repeat(100_000))
  bob.client.write('b'.repeat(100_000))
  const [fromAnn, fromBob] = await Promise.all([received(ann.socket, 100_000), received(bob.socket, 100_000)])
  assert.equal(fromAnn.text, 'a'.repeat(100_000))
  assert.equal(fromBob.text, 'b'.repeat(100_000))
  assert.equal(fromAnn.memory.length, 1)
  assert.deepEqual(fromAnn.memory, fromBob.memory)
  for (const each of [ann.client, ann.socket, bob.client, bob.socket]) each.destroy()
  server.close()
})

test('a connection that has room for what comes reads into it', async () => {
  const { server, connection } = await served()
  const room = Buffer.alloc(100_000)
  let filled = 0
  const { client, socket } = await connection(() => (filled < room.length ? room.subarray(filled) : null))
  socket.on('data', (chunk: Buffer) => {
    if (chunk.buffer === room.buffer) filled += chunk.length
  })
  client.write(`${'a'.repeat(100_000)}${'b'.repeat(50_000)}`)
  const { memory } = await received(socket, 150_000)
  assert.equal(room.toString('latin1'), 'a'.repeat(100_000))
  assert.equal(memory.length, 2)
  for (const each of [client, socket]) each.destroy()
  server.close()
})

test('a socket that is paused reads no more until it is resumed', async () => {
  const { server, connection } = await served()
  const { client, socket } = await connection()
  let bytes = 0
  socket.on('data', (chunk: Buffer) => {
    bytes += chunk.length
    socket.pause()
  })
  client.write('x'.repeat(8 * 1024 * 1024))
  await once(socket, 'data')
  const other = await connection()
  for (let i = 0; i < 10; i++) {
    other.client.write('.')
    await once(other.socket, 'data')
  }
  const whilePaused = bytes
  assert.ok(whilePaused <= 256 * 1024)
  socket.resume()
  await once(socket, 'data')
  assert.ok(bytes > whilePaused)
  for (const each of [client, socket, other.client, other.socket]) each.destroy()
  server.close()
})

test('the server knows when the last connection has gone', async () => {
  const { server, connection } = await served()
  const { client, socket } = await connection()
  const closed = once(server, 'close')
  server.close()
  client.end('bye')
  const ended = once(socket, 'end')
  socket.resume()
  await ended
  socket.end()
  await closed
})

test('where Node does not let it be, the socket stays as it is and is read all the same', async () => {
  const { server, accepted } = await served()
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1')
  const socket = await accepted()
  const { _handle: handle } = socket as unknown as { _handle: object }
  Object.defineProperty(handle, 'useUserBuffer', { value: undefined })
  assert.equal(sharingReads(socket, none), socket)
  client.write('hello')
  assert.equal((await received(socket, 5)).text, 'hello')
  client.destroy()
  socket.destroy()
  server.close()
})
