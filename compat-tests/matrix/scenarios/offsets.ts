import assert from 'node:assert/strict'
import type { Driver } from '../driver.js'
import type { Scenario } from '../scenario.js'
import { text, type World } from '../world.js'

const firstTime = 1_700_000_000_000

/** Ten records, a second apart, written without the client. */
async function filled(world: World): Promise<string> {
  const topic = await world.topic()
  await world.write(
    topic,
    Array.from({ length: 10 }, (_, i) => ({ value: `v${i}`, timestamp: firstTime + i * 1000 })),
  )
  return topic
}

const offsetsOf = (client: Driver, consumer: string): number[] =>
  client.consumer(consumer).records.map(({ offset }) => offset)

export const offsets: readonly Scenario[] = [
  {
    name: 'a client can ask for the first and the next offset of a partition',
    run: async world => {
      const topic = await filled(world)
      const client = await world.start()
      assert.deepEqual(await client.ask('watermarks', { topic, partition: 0 }), { low: 0, high: 10 })
    },
  },
  {
    name: 'an offset is found by time',
    run: async world => {
      const topic = await filled(world)
      const client = await world.start()
      const at = async (timestamp: number) =>
        (await client.ask('offsetAt', { topic, partition: 0, timestamp })).offset
      assert.equal(await at(firstTime + 3000), 3)
      assert.equal(await at(firstTime + 3001), 4)
      assert.equal(await at(0), 0)
      assert.ok([-1, 10].includes(await at(firstTime + 9001)), 'nothing is so young')
    },
  },
  {
    name: 'reading begins in the middle',
    run: async world => {
      const topic = await filled(world)
      const client = await world.start()
      await client.ask('assign', { consumer: 'reader', topic, partition: 0, offset: 7 })
      await world.until(() => offsetsOf(client, 'reader').length >= 3, 'three records are read')
      assert.deepEqual(offsetsOf(client, 'reader'), [7, 8, 9])
    },
  },
  {
    name: 'a group goes on after what was committed by hand',
    run: async world => {
      const topic = await filled(world)
      const client = await world.start()
      const group = world.name
      const joins = { group, topics: [topic], autoCommitMs: null }
      await client.ask('subscribe', { consumer: 'first', ...joins })
      await world.until(() => offsetsOf(client, 'first').length === 10, 'everything is read')
      await client.ask('commit', { consumer: 'first' })
      await client.ask('close', { consumer: 'first' })
      assert.equal(await world.committed(group, topic), 10)
      await world.write(topic, [{ value: 'later' }])
      await client.ask('subscribe', { consumer: 'second', ...joins })
      const second = client.consumer('second')
      await world.until(() => second.records.length > 0, 'the next member reads what came later')
      assert.deepEqual(
        second.records.map(({ value }) => text(value)),
        ['later'],
      )
    },
  },
  {
    name: 'without a commit a group begins again',
    run: async world => {
      const topic = await filled(world)
      const client = await world.start()
      for (const consumer of ['first', 'second']) {
        await client.ask('subscribe', { consumer, group: world.name, topics: [topic], autoCommitMs: null })
        await world.until(() => offsetsOf(client, consumer).length === 10, `${consumer} reads everything`)
        await client.ask('close', { consumer })
      }
      assert.equal(await world.committed(world.name, topic), -1)
    },
  },
  {
    name: 'a group goes on after what was committed automatically',
    run: async world => {
      const topic = await filled(world)
      const client = await world.start()
      const joins = { group: world.name, topics: [topic], autoCommitMs: 200 }
      await client.ask('subscribe', { consumer: 'first', ...joins })
      await world.until(() => offsetsOf(client, 'first').length === 10, 'everything is read')
      await client.ask('close', { consumer: 'first' })
      assert.equal(await world.committed(world.name, topic), 10)
      await world.write(topic, [{ value: 'later' }])
      await client.ask('subscribe', { consumer: 'second', ...joins })
      await world.until(() => offsetsOf(client, 'second').length > 0, 'the next member reads on')
      assert.deepEqual(offsetsOf(client, 'second'), [10])
    },
  },
  {
    name: 'a client can ask for a committed offset',
    run: async world => {
      const topic = await world.topic(2)
      await world.write(topic, [{ value: 'a' }, { value: 'b' }], 1)
      const client = await world.start()
      const group = world.name
      await client.ask('subscribe', { consumer: 'reader', group, topics: [topic], autoCommitMs: null })
      await world.until(() => offsetsOf(client, 'reader').length === 2, 'everything is read')
      await client.ask('commit', { consumer: 'reader' })
      assert.equal((await client.ask('committed', { group, topic, partition: 1 })).offset, 2)
      assert.equal((await client.ask('committed', { group, topic, partition: 0 })).offset, -1)
    },
  },
]
