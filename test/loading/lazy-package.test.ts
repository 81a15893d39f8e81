import assert from 'node:assert/strict'
import { test } from 'node:test'
import { once, onceLoaded } from '../../src/loading/lazy-package.js'

test('what could not be loaded once is tried again', () => {
  let attempts = 0
  const load = once(() => {
    attempts += 1
    if (attempts === 1) throw new Error('EMFILE: too many open files')
    return attempts
  })
  assert.throws(load, /EMFILE/)
  assert.deepEqual([load(), load()], [2, 2])
})

test('what is loaded in the background is loaded once for all who ask, and again after it failed', async () => {
  let attempts = 0
  const load = onceLoaded(async () => {
    attempts += 1
    if (attempts === 1) throw new Error('EMFILE: too many open files')
    return attempts
  })
  const [first, second] = [load(), load()]
  await assert.rejects(first, /EMFILE/)
  await assert.rejects(second, /EMFILE/)
  assert.deepEqual(await Promise.all([load(), load()]), [2, 2])
})
