import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SharedSync } from '../../src/log/shared-sync.js'

class Disk {
  syncs = 0
  #finish: ((error?: Error) => void)[] = []
  readonly shared = new SharedSync(
    () =>
      new Promise((resolve, reject) => {
        this.syncs += 1
        this.#finish.push(error => (error ? reject(error) : resolve()))
      }),
  )

  async finish(error?: Error): Promise<void> {
    this.#finish.shift()?.(error)
    await new Promise(resolve => setImmediate(resolve))
  }
}

test('callers that come while a sync runs wait for the next one, and all of them share it', async () => {
  const disk = new Disk()
  const done: string[] = []
  const join = (who: string) => void disk.shared.join().then(() => done.push(who))
  for (const who of ['first', 'second', 'third']) join(who)
  assert.equal(disk.syncs, 1)
  await disk.finish()
  assert.deepEqual([disk.syncs, ...done], [2, 'first'])
  join('fourth')
  await disk.finish()
  assert.deepEqual([disk.syncs, ...done], [3, 'first', 'second', 'third'])
  await disk.finish()
  assert.deepEqual(done, ['first', 'second', 'third', 'fourth'])
})

test('a sync that fails fails those who waited for it, and no one else', async () => {
  const disk = new Disk()
  const outcomes: string[] = []
  const join = () => {
    disk.shared.join().then(
      () => outcomes.push('synced'),
      () => outcomes.push('failed'),
    )
  }
  join()
  join()
  await disk.finish(new Error('EIO'))
  assert.deepEqual(outcomes, ['failed'])
  await disk.finish()
  assert.deepEqual(outcomes, ['failed', 'synced'])
})

test('a caller that comes at the moment when a sync ends shares the next one, and no two run at once', async () => {
  let [running, most] = [0, 0]
  const sync = new SharedSync(async () => {
    most = Math.max(most, ++running)
    await new Promise(resolve => setImmediate(resolve))
    running -= 1
  })
  const again = sync.join().then(() => sync.join())
  await Promise.all([sync.join(), again])
  assert.equal(most, 1)
})
