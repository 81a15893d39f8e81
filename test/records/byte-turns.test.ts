import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ByteTurns } from '../../src/records/byte-turns.js'

/** Work that is done when the test says so, and which of it has begun. */
class Workers {
  readonly begun: string[] = []
  readonly #ends = new Map<string, () => void>()
  readonly turns = new ByteTurns(10)

  run(name: string, bytes: number): Promise<void> {
    return this.turns.during(bytes, () => {
      this.begun.push(name)
      return new Promise(resolve => this.#ends.set(name, resolve))
    })
  }

  async end(name: string): Promise<void> {
    this.#ends.get(name)?.()
    await new Promise(resolve => setImmediate(resolve))
  }
}

test('those who wish for more than is left wait, first come, first served, also behind a larger wish', async () => {
  const workers = new Workers()
  const all = [workers.run('a', 6), workers.run('b', 4), workers.run('large', 8), workers.run('small', 1)]
  await workers.end('nobody')
  assert.deepEqual(workers.begun, ['a', 'b'])
  assert.equal(workers.turns.waiting, 2)
  await workers.end('b')
  assert.deepEqual(workers.begun, ['a', 'b'])
  await workers.end('a')
  assert.deepEqual(workers.begun, ['a', 'b', 'large', 'small'])
  await workers.end('large')
  await workers.end('small')
  await Promise.all(all)
})

test('a wish for more than there is at all has the turn alone', async () => {
  const workers = new Workers()
  const all = [workers.run('huge', 1000), workers.run('next', 1)]
  await workers.end('nobody')
  assert.deepEqual(workers.begun, ['huge'])
  await workers.end('huge')
  assert.deepEqual(workers.begun, ['huge', 'next'])
  await workers.end('next')
  await Promise.all(all)
})

test('the bytes come back where the work fails', async () => {
  const turns = new ByteTurns(10)
  const failing = turns.during(10, () => Promise.reject(new Error('no')))
  const next = turns.during(10, async () => 'done')
  await assert.rejects(failing, /no/)
  assert.equal(await next, 'done')
})
