import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as settle } from 'node:timers/promises'
import { Flights } from '../../src/log/flights.js'
import { retriedFiles } from '../../src/log/retried-files.js'
import { SimulatedDisk } from '../support/simulated-disk.js'

/** A disk whose slow removals are ended by the test. */
function world() {
  const disk = new SimulatedDisk()
  const removals: { path: string; done: () => void; fail: () => void }[] = []
  disk.removeSlowly = path =>
    new Promise((resolve, reject) => {
      removals.push({ path, done: resolve, fail: () => reject(new Error('EIO')) })
    })
  const open = () => retriedFiles(disk, () => false, new Flights())
  return { open, removals, asked: () => removals.map(({ path }) => path) }
}

test('files that are removed slowly go one after the other, as many threads that remove keep the disk from others', async () => {
  const { open, removals, asked } = world()
  const files = open()
  const first = files.removeSlowly('/a')
  const second = files.removeSlowly('/b')
  await settle()
  assert.deepEqual(asked(), ['/a'])
  removals[0]?.fail()
  await assert.rejects(first, /EIO/)
  await settle()
  assert.deepEqual(asked(), ['/a', '/b'], 'one that failed holds up no other')
  removals[1]?.done()
  await second
})

test('a removal that hangs holds up no other broker of the process', async () => {
  const { open, removals, asked } = world()
  const hangs = open().removeSlowly('/one/a')
  const removed = open().removeSlowly('/other/a')
  await settle()
  assert.deepEqual(asked(), ['/one/a', '/other/a'])
  removals[1]?.done()
  await removed
  removals[0]?.done()
  await hangs
})
