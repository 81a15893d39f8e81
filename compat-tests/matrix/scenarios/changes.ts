import assert from 'node:assert/strict'
import type { Consumer, Driver } from '../driver.js'
import type { Scenario } from '../scenario.js'
import { text, type World } from '../world.js'

const values = ({ records }: Consumer): string[] => records.map(({ value }) => text(value) as string)

type Wanted = ({ topics: string[] } | { pattern: string }) & { follows?: boolean }

async function follow(world: World, wanted: Wanted): Promise<Consumer> {
  const driver: Driver = await world.start()
  await driver.ask('subscribe', { consumer: 'reader', group: world.name, autoCommitMs: 500, ...wanted })
  return driver.consumer('reader')
}

/** The changes of topics that a consumer reads. */
export const changes: readonly Scenario[] = [
  {
    name: 'a consumer follows a topic that grows',
    run: async world => {
      const topic = await world.topic(1)
      await world.write(topic, [{ value: 'before' }])
      const reader = await follow(world, { topics: [topic], follows: true })
      await world.until(() => values(reader).includes('before'), 'the first partition is read')
      await (await world.admin()).createPartitions({ topicPartitions: [{ topic, count: 3 }] })
      for (const partition of [0, 1, 2])
        await world.write(topic, [{ value: `after-${partition}` }], partition)
      await world.until(() => reader.records.length === 4, 'every partition is read')
    },
  },
  {
    name: 'a consumer of a pattern reads the topics that match it',
    run: async world => {
      const topics = [`${world.name}-one`, `${world.name}-two`, `not-${world.name}-three`]
      for (const topic of topics) {
        await world.topic(1, {}, topic)
        await world.write(topic, [{ value: topic }])
      }
      const reader = await follow(world, { pattern: `^${world.name}-.*` })
      await world.until(() => reader.records.length === 2, 'two topics are read')
      assert.deepEqual(values(reader).sort(), topics.slice(0, 2))
    },
  },
  {
    name: 'a consumer of a pattern finds a topic that comes later',
    run: async world => {
      const [first, later] = [`${world.name}-first`, `${world.name}-later`]
      await world.topic(1, {}, first)
      await world.write(first, [{ value: first }])
      const reader = await follow(world, { pattern: `^${world.name}-.*`, follows: true })
      await world.until(() => reader.records.length === 1, 'the first topic is read')
      await world.topic(1, {}, later)
      await world.write(later, [{ value: later }])
      await world.until(() => values(reader).includes(later), 'the later topic is read')
    },
  },
  {
    name: 'a consumer goes on when its topic is deleted and created again',
    run: async world => {
      const topic = await world.topic(1)
      await world.write(topic, [{ value: 'a' }, { value: 'b' }, { value: 'c' }])
      const reader = await follow(world, { topics: [topic] })
      await world.until(() => reader.records.length === 3, 'the first topic is read')
      await (await world.admin()).deleteTopics({ topics: [topic] })
      await world.topic(1)
      await world.write(
        topic,
        Array.from({ length: 8 }, (_, i) => ({ value: `again-${i}` })),
      )
      await world.until(() => values(reader).includes('again-7'), 'the new topic is read to its end')
    },
  },
]
