import assert from 'node:assert/strict'
import type { writeSync } from 'node:fs'
import { test } from 'node:test'
import { StandardError } from '../../src/telemetry/standard-error.js'

/** A descriptor that takes so many bytes in each call, or fails with a code. */
function descriptor() {
  let taken = ''
  let next: (() => number) | null = null
  const write = ((_: number, bytes: Buffer, at: number, length: number) => {
    const count = Math.min(next?.() ?? length, length)
    taken += bytes.toString('utf8', at, at + count)
    return count
  }) as typeof writeSync
  const fails = (code: string) => {
    next = () => {
      throw Object.assign(new Error(code), { code })
    }
  }
  return {
    write,
    fails,
    takes: (plan: (() => number) | null) => {
      next = plan
    },
    taken: () => taken,
  }
}

const told = (dropped: number): string => `(${dropped} lost)`

test('a line is out when the call returns, also when it is taken in pieces', () => {
  const fd = descriptor()
  fd.takes(() => 2)
  new StandardError(told, fd.write).write('hello\n')
  assert.equal(fd.taken(), 'hello\n')
})

for (const code of ['EPIPE', 'EBADF', 'ENOSPC', 'EIO']) {
  test(`${code} loses the line and nothing else; the number lost is written before the next one`, () => {
    const fd = descriptor()
    const out = new StandardError(told, fd.write)
    fd.fails(code)
    out.write('a\n')
    out.write('b\n')
    fd.takes(null)
    out.write('c\n')
    out.write('d\n')
    assert.equal(fd.taken(), '(2 lost)c\nd\n')
  })
}

test('a slow reader is waited for', () => {
  const fd = descriptor()
  let refusals = 3
  fd.takes(() => {
    if (refusals-- > 0) throw Object.assign(new Error('busy'), { code: 'EAGAIN' })
    return 100
  })
  new StandardError(told, fd.write).write('a\n')
  assert.equal(fd.taken(), 'a\n')
})

test('a reader that does not read is waited for once, and gets the rest of the line that it had begun', () => {
  const fd = descriptor()
  const out = new StandardError(told, fd.write)
  let first = true
  fd.takes(() => {
    if (!first) throw Object.assign(new Error('busy'), { code: 'EAGAIN' })
    first = false
    return 3
  })
  out.write('hello\n')
  const sinceMs = performance.now()
  for (let i = 0; i < 100; i++) out.write('unheard\n')
  assert.ok(performance.now() - sinceMs < 500, 'each line was waited for')
  fd.takes(null)
  out.write('again\n')
  assert.equal(fd.taken(), 'hello\n(100 lost)again\n')
})
