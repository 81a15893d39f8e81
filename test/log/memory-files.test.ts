import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { MemoryFiles } from '../../src/log/memory-files.js'

const counting = (from: number, length: number) =>
  Buffer.from(Array.from({ length }, (_, i) => (from + i) % 251))

test('a file reads back as it was appended and cut, from any place, in pieces of any size', () => {
  const step = fc.oneof(
    { weight: 4, arbitrary: fc.record({ append: fc.integer({ min: 0, max: 5000 }) }) },
    { weight: 1, arbitrary: fc.record({ keep: fc.double({ min: 0, max: 1, noNaN: true }) }) },
  )
  const place = fc.double({ min: 0, max: 1, noNaN: true })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 30 }), place, place, (steps, from, share) => {
      const file = new MemoryFiles(1 << 20).open('/logs/a')
      let expected = Buffer.alloc(0)
      for (const each of steps) {
        if ('append' in each) {
          const bytes = counting(expected.length, each.append)
          file.append([bytes.subarray(0, 10), bytes.subarray(10)])
          expected = Buffer.concat([expected, bytes])
        } else {
          expected = expected.subarray(0, Math.floor(each.keep * expected.length))
          file.truncate(expected.length)
        }
      }
      const at = Math.floor(from * expected.length)
      const into = Buffer.alloc(Math.ceil(share * (expected.length - at + 100)), 0xff)
      const read = file.read(into, at)
      assert.equal(file.size, expected.length)
      assert.equal(read, Math.min(into.length, expected.length - at))
      assert.deepEqual(into.subarray(0, read), expected.subarray(at, at + read))
    }),
  )
})

test('what is cut off and removed makes room again, up to the last byte', () => {
  const files = new MemoryFiles(1000)
  const file = files.open('/logs/a')
  file.append([Buffer.alloc(1000)])
  assert.throws(() => file.append([Buffer.alloc(1)]), { name: 'StorageFault', kind: 'full' })
  file.truncate(400)
  file.append([Buffer.alloc(600)])
  files.remove('/logs/a')
  files.writeFile('/logs/b', Buffer.alloc(1000))
  assert.equal(files.usableBytes().usable, 0n)
})
