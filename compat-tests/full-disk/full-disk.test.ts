import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Broker } from '../../src/index.js'
import { OttlaProcess } from '../support/ottla-process.js'
import { mountRefused, SmallDisk } from './small-disk.js'
import { Writing } from './writing.js'

const skip = await mountRefused()
/** The settings by which deleted files make room at once, not after a minute. */
const settings = ['--set', 'log.segment.delete.delay.ms=1']

for (const durability of ['cache', 'fsync'] as const) {
  for (const end of ['stopped', 'killed'] as const) {
    test(`a real disk that is full, with durability ${durability}: what is acknowledged is kept, also by a broker that is ${end} while it is full, and it goes on by itself`, {
      skip,
    }, async () => {
      await using disk = await SmallDisk.mount(16)
      const start = () =>
        OttlaProcess.start('--port', '0', '--data-dir', disk.dataDir, '--durability', durability, ...settings)
      let broker = await start()
      const writing = await Writing.to(broker.port)
      try {
        await writing.create('orders')
        await writing.create('bulk')
        await writing.fill('orders')
        assert.ok(writing.acknowledged('orders') > 50, `${writing.acknowledged('orders')} were taken`)
        await writing.check('orders')

        await (end === 'stopped' ? broker.stop() : broker.kill())
        broker = await start()
        await writing.reconnect(broker.port)
        await writing.check('orders')

        disk.removeFiller()
        await writing.goOn('orders')
        await writing.check('orders')

        await writing.fill('bulk')
        assert.ok(writing.acknowledged('bulk') > 10, `${writing.acknowledged('bulk')} were taken`)
        assert.equal(await writing.write('orders'), false)
        await writing.delete('bulk')
        await writing.goOn('orders')
        await writing.check('orders')
        assert.ok(broker.running, broker.output)

        await broker.stop()
        broker = await start()
        await writing.reconnect(broker.port)
        await writing.goOn('orders')
        await writing.check('orders')
      } catch (thrown) {
        console.error(broker.output)
        throw thrown
      } finally {
        writing.close()
        await broker.stop()
      }
    })
  }
}

test('the same over a quota of the memory, for machines where nothing can be mounted', async () => {
  const set = { 'ottla.memory.max.bytes': 12 * 1024 * 1024, 'log.segment.delete.delay.ms': 1 }
  await using broker = await Broker.create({ set })
  const writing = await Writing.to(Number(broker.brokers[0]?.split(':')[1]))
  await writing.create('orders')
  await writing.create('bulk')
  for (let i = 0; i < 20; i++) assert.equal(await writing.write('orders'), true)
  await writing.fill('bulk')
  assert.equal(await writing.write('orders'), false)
  await writing.check('orders')
  await writing.check('bulk')
  await writing.delete('bulk')
  await writing.goOn('orders')
  await writing.check('orders')
  writing.close()
})
