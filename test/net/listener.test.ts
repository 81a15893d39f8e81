import assert from 'node:assert/strict'
import { once } from 'node:events'
import { test } from 'node:test'
import type { Dispatch } from '../../src/dispatch/dispatch.js'
import type { Connection } from '../../src/handlers/shared/connection.js'
import { KafkaError } from '../../src/wire/errors.js'
import { MalformedMessage } from '../../src/wire/reader.js'
import { fetchRequest, request, ServedPort, textOf } from './served-port.js'

/** Requests that are answered when the test says so. */
class Held {
  readonly started: string[] = []
  readonly #answers = new Map<string, (reply: Buffer[] | null) => void>()
  #onStart = () => {}

  readonly dispatch = (frame: Buffer, connection: Connection): Promise<Buffer[] | null> => {
    const text = textOf(frame) as string
    if (text.startsWith('settle')) return Promise.resolve([frame])
    this.started.push(text)
    this.#onStart()
    return new Promise(resolve => {
      this.#answers.set(text, resolve)
      if (text.startsWith('parked')) connection.onHurry(() => resolve([request('hurried')]))
    })
  }

  answer(text: string, reply: Buffer[] | null = [request(`${text} answered`)]): void {
    const answer = this.#answers.get(text)
    assert.ok(answer, `${text} has not been asked; asked were ${this.started.join(', ')}`)
    answer(reply)
  }

  async untilStarted(count: number): Promise<void> {
    while (this.started.length < count) {
      await new Promise<void>(resolve => {
        this.#onStart = resolve
      })
    }
  }
}

test('requests of one connection are served one at a time and answered in their order', async () => {
  const held = new Held()
  await using port = await ServedPort.open({ dispatch: held.dispatch })
  const client = await port.client()
  for (const text of ['one', 'two', 'three']) client.send(request(text))
  await held.untilStarted(1)
  await port.settle()
  assert.deepEqual(held.started, ['one'])
  for (const [i, text] of ['one', 'two', 'three'].entries()) {
    await held.untilStarted(i + 1)
    held.answer(text)
    assert.equal(textOf(await client.frame()), `${text} answered`)
  }
})

test('a request that takes long keeps no other connection waiting', async () => {
  const held = new Held()
  await using port = await ServedPort.open({ dispatch: held.dispatch })
  const slow = await port.client()
  slow.send(request('slow'))
  await held.untilStarted(1)
  await port.settle() // thirty exchanges of another connection
  held.answer('slow')
  assert.equal(textOf(await slow.frame()), 'slow answered')
})

test('a request without a reply is followed by the next', async () => {
  const held = new Held()
  await using port = await ServedPort.open({ dispatch: held.dispatch })
  const client = await port.client()
  client.send(request('silent'))
  client.send(request('next'))
  await held.untilStarted(1)
  held.answer('silent', null)
  await held.untilStarted(2)
  held.answer('next')
  assert.equal(textOf(await client.frame()), 'next answered')
})

test('a parked request is hurried when something that is no fetch waits behind it', async () => {
  const held = new Held()
  await using port = await ServedPort.open({ dispatch: held.dispatch })
  const client = await port.client()
  client.send(fetchRequest('parked'))
  await held.untilStarted(1)
  client.send(request('heartbeat'))
  assert.equal(textOf(await client.frame()), 'hurried')
  await held.untilStarted(2)
  held.answer('heartbeat')
  assert.equal(textOf(await client.frame()), 'heartbeat answered')
})

test('a parked request is hurried although what waits came in the same packet', async () => {
  const held = new Held()
  await using port = await ServedPort.open({ dispatch: held.dispatch })
  const client = await port.client()
  client.socket.cork()
  client.send(fetchRequest('parked'))
  client.send(request('heartbeat'))
  client.socket.uncork()
  assert.equal(textOf(await client.frame()), 'hurried')
})

test('a parked request that had to wait itself is hurried by what comes later', async () => {
  const held = new Held()
  await using port = await ServedPort.open({ dispatch: held.dispatch })
  const client = await port.client()
  client.send(request('first'))
  client.send(fetchRequest('parked'))
  await held.untilStarted(1)
  await port.settle()
  held.answer('first')
  assert.equal(textOf(await client.frame()), 'first answered')
  await held.untilStarted(2)
  client.send(request('heartbeat'))
  assert.equal(textOf(await client.frame()), 'hurried')
})

test('a fetch that waits behind a fetch does not hurry it', async () => {
  const held = new Held()
  await using port = await ServedPort.open({ dispatch: held.dispatch })
  const client = await port.client()
  client.send(fetchRequest('parked'))
  client.send(fetchRequest('second'))
  await held.untilStarted(1)
  await port.settle()
  assert.deepEqual(held.started, ['parked'])
  held.answer('parked')
  assert.equal(textOf(await client.frame()), 'parked answered')
})

test('a client that half-closes still gets its answer, at once', async () => {
  const held = new Held()
  await using port = await ServedPort.open({ dispatch: held.dispatch })
  const client = await port.client()
  client.send(fetchRequest('parked'))
  await held.untilStarted(1)
  client.halfClose()
  assert.equal(textOf(await client.frame()), 'hurried')
  assert.equal(await client.frame(), null)
})

test('a client that is gone hurries its parked request and is reported as closed, once', async () => {
  const held = new Held()
  await using port = await ServedPort.open({ dispatch: held.dispatch })
  const client = await port.client()
  client.send(fetchRequest('parked'))
  await held.untilStarted(1)
  client.destroy()
  await port.untilClosed(1)
  await port.settle()
  assert.equal(port.closed.filter(each => each.id === port.closed[0]?.id).length, 1)
})

test('a half-open client without a request is hung up on', async () => {
  await using port = await ServedPort.open()
  const client = await port.client()
  client.halfClose()
  assert.equal(await client.frame(), null)
  await port.untilClosed(1)
})

test('a large reply reaches a slow reader whole, and its next request waits until then', async () => {
  const reply = Array.from({ length: 64 }, (_, i) => Buffer.alloc(512 * 1024, i))
  let asked = 0
  await using port = await ServedPort.open({
    dispatch: async frame => {
      if (textOf(frame) !== 'large') return [frame]
      asked += 1
      return reply
    },
  })
  const client = await port.client()
  client.socket.pause()
  client.send(request('large'))
  client.send(request('large'))
  await port.settle()
  assert.equal(asked, 1)
  client.socket.resume()
  assert.ok((await client.frame())?.equals(Buffer.concat(reply)))
  assert.ok((await client.frame())?.equals(Buffer.concat(reply)))
  assert.equal(asked, 2)
})

test('a reader that takes in nothing is closed when it has been idle for too long', async () => {
  const reply = [Buffer.alloc(32 * 1024 * 1024)]
  await using port = await ServedPort.open({
    dispatch: async frame => (textOf(frame) === 'large' ? reply : [frame]),
    settings: { 'connections.max.idle.ms': '60000' },
  })
  const client = await port.client()
  client.socket.pause()
  client.send(request('large'))
  await port.settle()
  port.clock.advance(60_600)
  await port.untilClosed(1)
})

test('a silent connection is closed when it has been idle for too long', async () => {
  await using port = await ServedPort.open({ settings: { 'connections.max.idle.ms': '60000' } })
  const [talking, silent] = [await port.client(), await port.client()]
  for (const client of [talking, silent]) {
    client.send(request('hello'))
    await client.frame()
  }
  port.clock.advance(59_000)
  talking.send(request('still here'))
  await talking.frame()
  port.clock.advance(1_600)
  assert.equal(await silent.frame(), null)
  talking.send(request('and now'))
  assert.equal(textOf(await talking.frame()), 'and now')
})

for (const [what, length] of [
  ['negative', -5],
  ['larger than socket.request.max.bytes', 104857601],
] as const) {
  test(`a frame whose length is ${what} closes that connection only, with one line in the log`, async () => {
    await using port = await ServedPort.open()
    const [good, bad] = [await port.client(), await port.client()]
    const bytes = Buffer.alloc(100)
    bytes.writeInt32BE(length)
    bad.write(bytes)
    assert.equal(await bad.frame(), null)
    good.send(request('hello'))
    assert.equal(textOf(await good.frame()), 'hello')
    assert.equal(port.logged.length, 1)
    assert.match(port.logged[0] as string, new RegExp(`127.0.0.1 closed: it sent a frame of ${length} bytes`))
  })
}

for (const [what, thrown, logged] of [
  ['a message that cannot be read', new MalformedMessage('nonsense'), /it sent nonsense/],
  ['a failure that the client was to notice', new KafkaError('UNKNOWN_SERVER_ERROR'), null],
  ['a bug', new TypeError('of ours'), /this is a bug of Ottla/],
] as const) {
  test(`${what} closes that connection only`, async () => {
    await using port = await ServedPort.open({
      dispatch: async frame => {
        if (textOf(frame) === 'bad') throw thrown
        return [frame]
      },
    })
    const [good, bad] = [await port.client(), await port.client()]
    bad.send(request('bad'))
    bad.send(request('never served'))
    assert.equal(await bad.frame(), null)
    good.send(request('hello'))
    assert.equal(textOf(await good.frame()), 'hello')
    assert.equal(port.logged.length, logged ? 1 : 0)
    if (logged) assert.match(port.logged[0] as string, logged)
  })
}

test('a connection above max.connections is refused until another one goes', async () => {
  await using port = await ServedPort.open({ settings: { 'max.connections': '2' } })
  const [first] = [await port.client(), await port.client()]
  const third = await port.client()
  assert.equal(await third.frame(), null)
  assert.match(port.logged[0] as string, /refused: there are 2 already/)
  first.destroy()
  await port.untilClosed(1)
  const fourth = await port.client()
  fourth.send(request('hello'))
  assert.equal(textOf(await fourth.frame()), 'hello')
})

test('a connection above max.connections.per.ip is refused', async () => {
  await using port = await ServedPort.open({ settings: { 'max.connections.per.ip': '1' } })
  await port.client()
  const second = await port.client()
  assert.equal(await second.frame(), null)
  assert.match(port.logged[0] as string, /127.0.0.1 was refused: it has 1 already/)
})

test('while requests hold all the memory allowed, large ones wait, small ones are served, and none is closed', async () => {
  const held = new Held()
  await using port = await ServedPort.open({
    dispatch: held.dispatch,
    settings: { 'ottla.request.memory.max.bytes': '100000' },
  })
  const [first, second] = [await port.client(), await port.client()]
  first.send(request(`first${'x'.repeat(200_000)}`))
  await held.untilStarted(1)
  second.send(request(`second${'x'.repeat(3_000_000)}`))
  await port.settle()
  held.answer(held.started[0] as string, [request('done')])
  assert.equal(textOf(await first.frame()), 'done')
  await held.untilStarted(2)
  held.answer(held.started[1] as string, [request('done')])
  assert.equal(textOf(await second.frame()), 'done')
})

test('half requests that hold all the memory allowed are given up one after the other, so that the others get on', async () => {
  await using port = await ServedPort.open({ settings: { 'ottla.request.memory.max.bytes': '100000' } })
  const half = Buffer.alloc(150_000)
  half.writeInt32BE(1_000_000)
  const dawdlers = [await port.client(), await port.client()]
  for (const client of dawdlers) client.write(half)
  await port.settle()
  const good = await port.client()
  good.send(request('x'.repeat(500_000)))
  await port.settle()
  for (let i = 0; i < 3 && port.logged.length < 2; i++) {
    port.clock.advance(5000)
    await port.settle()
  }
  assert.equal((await good.frame())?.length, 500_002)
  assert.ok(port.logged.every(line => line.includes('too slowly')))
})

test('close answers the requests in flight, closes all connections, and may be called again', async () => {
  const held = new Held()
  await using port = await ServedPort.open({ dispatch: held.dispatch })
  const [busy, idle] = [await port.client(), await port.client()]
  busy.send(fetchRequest('parked'))
  await held.untilStarted(1)
  const closing = port.close()
  assert.equal(textOf(await busy.frame()), 'hurried')
  assert.equal(await busy.frame(), null)
  assert.equal(await idle.frame(), null)
  await closing
  await port.close()
  await port.untilClosed(2)
  await assert.rejects(port.client(), { code: 'ECONNREFUSED' })
})

test('close gives clients that do not hang up a moment, then hangs up for them', async () => {
  const never = new Promise<null>(() => {})
  let asked = () => {}
  const wasAsked = new Promise<void>(resolve => {
    asked = resolve
  })
  await using port = await ServedPort.open({
    dispatch: () => {
      asked()
      return never
    },
  })
  const client = await port.client()
  client.send(request('never answered'))
  await wasAsked
  const closing = port.close()
  port.clock.advance(1000)
  await closing
  await port.untilClosed(1)
})

test('a connection knows both ends as plain addresses, and its id is its own', async () => {
  const seen: Connection[] = []
  await using port = await ServedPort.open({
    host: '',
    dispatch: async (frame, connection) => {
      seen.push(connection)
      return [frame]
    },
  })
  for (let i = 0; i < 2; i++) {
    const client = await port.client()
    client.send(request('hello'))
    await client.frame()
  }
  assert.deepEqual(
    seen.map(each => [each.remoteAddress, each.localAddress, each.localPort, each.nodeId]),
    Array(2).fill(['127.0.0.1', '127.0.0.1', port.number, 0]),
  )
  assert.notEqual(seen[0]?.id, seen[1]?.id)
})

test('a connection that is reset in the middle of a reply harms no other', async () => {
  const reply = [Buffer.alloc(16 * 1024 * 1024)]
  await using port = await ServedPort.open({
    dispatch: async frame => (textOf(frame) === 'large' ? reply : [frame]),
  })
  for (let i = 0; i < 5; i++) {
    const client = await port.client()
    client.send(request('large'))
    await once(client.socket, 'data')
    client.socket.resetAndDestroy()
  }
  await port.untilClosed(5)
  await port.settle()
  assert.deepEqual(port.logged, [])
})

test('a handler that asks for it hears when the reply has left, be it slowly, and when it never can', async () => {
  const sent: string[] = []
  await using port = await ServedPort.open({
    dispatch: async (frame, connection) => {
      const text = textOf(frame) as string
      if (text.startsWith('settle')) return [frame]
      connection.onSent(() => sent.push(text))
      assert.ok(!sent.includes(text))
      return text === 'silent' ? null : [frame, Buffer.alloc(text === 'small' ? 0 : 16 * 1024 * 1024)]
    },
  })
  const client = await port.client()
  for (const text of ['small', 'silent']) client.send(request(text))
  await client.frame()
  client.socket.pause()
  client.send(request('large')) // alone, for what comes together is answered together
  await port.settle()
  assert.deepEqual(sent, ['small', 'silent'])
  client.socket.resume()
  await client.frame()
  await port.settle()
  assert.deepEqual(sent, ['small', 'silent', 'large'])
  client.socket.pause()
  client.send(request('lost'))
  await port.settle()
  client.destroy()
  await port.untilClosed(1)
  await port.settle()
  assert.deepEqual(sent, ['small', 'silent', 'large', 'lost'])
})

/** More bytes than both ends of a socket take in while the client does not read. */
const largeBytes = 16 * 1024 * 1024

/** Answers with much, which the handler counts already for `counted`. */
const muchOf = (counted: number): Dispatch => {
  return async (frame, connection) => {
    if (textOf(frame)?.startsWith('settle')) return [frame]
    connection.holds(counted)
    return [frame, Buffer.alloc(largeBytes)]
  }
}

test('a reply counts until its client has taken it in', async () => {
  await using port = await ServedPort.open({ dispatch: muchOf(0) })
  const client = await port.client()
  client.socket.pause()
  client.send(request('much'))
  await port.settle()
  assert.equal(port.replies.usedBytes, largeBytes + request('much').length)
  client.socket.resume()
  await client.frame()
  await port.settle()
  assert.equal(port.replies.usedBytes, 0)
})

test('a connection is known to have taken in what has left for its client, not what still waits to leave', async () => {
  const seen: Connection[] = []
  const much = muchOf(0)
  await using port = await ServedPort.open({
    dispatch: (frame, connection) => {
      seen.push(connection)
      return much(frame, connection)
    },
  })
  const client = await port.client()
  client.socket.pause()
  client.send(request('much'))
  await port.settle()
  const [connection] = seen
  assert.ok((connection?.takenBytes as number) < largeBytes)
  client.socket.resume()
  await client.frame()
  assert.ok((connection?.takenBytes as number) >= largeBytes)
})

test('what the handler has counted already is not counted twice, and is given back when the client goes', async () => {
  await using port = await ServedPort.open({ dispatch: muchOf(largeBytes) })
  port.replies.take({ takenBytes: 0 }, largeBytes)
  const client = await port.client()
  client.socket.pause()
  client.send(request('much'))
  await port.settle()
  assert.equal(port.replies.usedBytes, largeBytes + request('much').length)
  client.destroy()
  await port.untilClosed(1)
  await port.settle()
  assert.equal(port.replies.usedBytes, 0)
})

test('a client that takes in nothing for too long while another reply wants memory is closed, with a word in the log', async () => {
  await using port = await ServedPort.open({
    dispatch: muchOf(0),
    settings: { 'ottla.reply.memory.max.bytes': `${largeBytes}` },
  })
  const client = await port.client()
  client.socket.pause()
  client.send(request('much'))
  await port.settle()
  const waiting = port.replies.wait({ takenBytes: 0 }, 1000)
  port.clock.advance(4999)
  assert.deepEqual(port.logged, [])
  port.clock.advance(1)
  assert.equal(await waiting, 1000)
  await port.untilClosed(1)
  assert.match(port.logged.join(), /127.0.0.1 closed: it did not take in its reply/)
})

/** Mutes the connection of each request that is called so. */
const muting: Dispatch = async (frame, connection) => {
  if (textOf(frame)?.startsWith('mute')) connection.mute(5000)
  return textOf(frame) === 'mute silently' ? null : [frame]
}

for (const text of ['mute', 'mute silently']) {
  test(`a connection is muted behind its answer, if there is one (${text})`, async () => {
    await using port = await ServedPort.open({ dispatch: muting })
    const client = await port.client()
    client.send(request(text))
    if (text === 'mute') assert.equal(textOf(await client.frame()), 'mute')
    client.send(request('next'))
    let isAnswered = false
    const next = client.frame().then(frame => {
      isAnswered = true
      return frame
    })
    await port.settle()
    port.clock.advance(4999)
    await port.settle()
    assert.equal(isAnswered, false)
    port.clock.advance(1)
    assert.equal(textOf(await next), 'next')
  })
}

test('a muted connection does not keep its port from closing', async () => {
  await using port = await ServedPort.open({ dispatch: muting })
  const client = await port.client()
  client.send(request('mute'))
  await client.frame()
  await port.close()
  assert.equal(await client.frame(), null)
})
