import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { BufferPool } from '../../src/memory/buffer-pool.js'
import { Frames } from '../../src/net/frames.js'
import { MalformedMessage } from '../../src/wire/reader.js'

const pool = new BufferPool(0)

function framed(...bodies: readonly string[]): Buffer {
  return Buffer.concat(
    bodies.flatMap(body => {
      const length = Buffer.alloc(4)
      length.writeInt32BE(Buffer.byteLength(body))
      return [length, Buffer.from(body)]
    }),
  )
}

function split(chunks: readonly Buffer[], maxBytes = 1000): string[] {
  const frames = new Frames(maxBytes, pool)
  const found: string[] = []
  for (const chunk of chunks) frames.push(chunk, frame => found.push(frame.toString()))
  return found
}

test('frames are found in a stream that comes byte by byte', () => {
  const stream = framed('one', '', 'three')
  const bytes = [...stream].map(byte => Buffer.from([byte]))
  assert.deepEqual(split(bytes), ['one', '', 'three'])
})

test('several frames in one chunk are found, and the beginning of the next is kept', () => {
  const stream = framed('one', 'two', 'three')
  assert.deepEqual(split([stream.subarray(0, 17), stream.subarray(17)]), ['one', 'two', 'three'])
})

test('frames are found wherever the chunks are cut', () => {
  const bodies = fc.array(fc.string({ maxLength: 40 }), { maxLength: 8 })
  const cuts = fc.array(fc.nat(400), { maxLength: 12 })
  fc.assert(
    fc.property(bodies, cuts, (bodies, cuts) => {
      const stream = framed(...bodies)
      const at = [0, ...cuts.filter(cut => cut <= stream.length).sort((a, b) => a - b), stream.length]
      const chunks = at.slice(1).map((end, i) => stream.subarray(at[i], end))
      assert.deepEqual(split(chunks), bodies)
    }),
  )
})

test('no frame needs its chunk any more', () => {
  const bodies = ['one', 'x'.repeat(20_000), '', 'y'.repeat(9000)]
  const chunk = framed(...bodies)
  const found: Buffer[] = []
  new Frames(100_000, pool).push(chunk, frame => found.push(frame))
  chunk.fill(0)
  assert.deepEqual(found.map(String), bodies)
})

test('a frame that comes in several chunks has memory of the pool for itself alone', () => {
  const body = 'x'.repeat(100_000)
  const stream = framed('one', body, body)
  const pool = new BufferPool(1 << 20)
  const frames = new Frames(200_000, pool)
  const found: Buffer[] = []
  for (let at = 0; at < stream.length; at += 60_000) {
    frames.push(Buffer.from(stream.subarray(at, at + 60_000)), frame => found.push(frame))
  }
  assert.deepEqual(found.map(String), ['one', body, body])
  const [, second, third] = found as [Buffer, Buffer, Buffer]
  assert.notEqual(second.buffer, third.buffer)
  pool.give(second)
  assert.equal(pool.take(second.length).buffer, second.buffer)
})

test('what is read into the room of a large frame is not copied, and any stream comes out as it went in', () => {
  const bodies = fc.array(fc.integer({ min: 0, max: 300_000 }), { minLength: 1, maxLength: 6 })
  const reads = fc.array(fc.integer({ min: 1, max: 150_000 }), { minLength: 1, maxLength: 20 })
  const pool = new BufferPool(1 << 20)
  const shared = Buffer.alloc(100_000)
  fc.assert(
    fc.property(bodies, reads, (bodies, reads) => {
      const expected = bodies.map((length, i) => String.fromCharCode(97 + i).repeat(length))
      const stream = framed(...expected)
      const frames = new Frames(300_000, pool)
      const found: string[] = []
      for (let at = 0, i = 0; at < stream.length; i++) {
        const into = frames.room ?? shared
        const bytes = stream.copy(into, 0, at, at + (reads[i % reads.length] as number))
        at += bytes
        frames.push(into.subarray(0, bytes), frame => {
          found.push(frame.toString())
          pool.give(frame)
        })
      }
      assert.deepEqual(found, expected)
    }),
  )
})

test('there is room only where much of a frame is missing', () => {
  const frames = new Frames(300_000, pool)
  const stream = framed('x'.repeat(200_000))
  const bytesOfRoom = () => frames.room?.length ?? null
  assert.equal(bytesOfRoom(), null)
  frames.push(stream.subarray(0, 50_000), () => {})
  assert.equal(bytesOfRoom(), stream.length - 50_000)
  frames.push(stream.subarray(50_000, 150_000), () => {})
  assert.equal(bytesOfRoom(), null)
})

for (const [what, length] of [
  ['negative', -1],
  ['above the limit', 1001],
  ['absurd', 0x7fffffff],
] as const) {
  test(`a length that is ${what} is refused as soon as it is read`, () => {
    const announced = Buffer.alloc(4)
    announced.writeInt32BE(length)
    assert.throws(() => split([announced]), MalformedMessage)
  })
}

test('a length at the limit is accepted', () => {
  assert.deepEqual(split([framed('x'.repeat(1000))]), ['x'.repeat(1000)])
})

test('many announced bytes that never come cost nothing', () => {
  const announced = Buffer.alloc(4)
  announced.writeInt32BE(100_000_000)
  const before = process.memoryUsage().arrayBuffers
  const all = Array.from({ length: 100 }, () => new Frames(100_000_000, pool))
  for (const frames of all) frames.push(announced, () => assert.fail('there is no frame yet'))
  assert.ok(process.memoryUsage().arrayBuffers - before < 10_000_000)
})
