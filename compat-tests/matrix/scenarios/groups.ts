import assert from 'node:assert/strict'
import type { Consumer, Driver } from '../driver.js'
import type { Scenario } from '../scenario.js'
import { numbered, text, type World } from '../world.js'

const partitions = 6

/** Whether these consumers own every partition between them, each as many. */
function shared(consumers: readonly Consumer[]): boolean {
  const all = consumers.flatMap(({ owned }) => [...owned])
  const share = partitions / consumers.length
  return new Set(all).size === partitions && consumers.every(({ owned }) => owned.size === share)
}

/** Fills every partition with records whose values name partition and place. */
async function fill(client: Driver, topic: string, round: string): Promise<void> {
  for (let partition = 0; partition < partitions; partition++)
    await client.ask('produce', { topic, records: numbered(10, `${round}-${partition}-`, partition) })
}

const values = (consumers: readonly Consumer[]): string[] =>
  consumers.flatMap(({ records }) => records.map(({ value }) => text(value) as string))

const count = (consumers: readonly Consumer[]): number => new Set(values(consumers)).size

async function members(world: World, driver: Driver, names: readonly string[]): Promise<Consumer[]> {
  for (const consumer of names) {
    const ask = { consumer, group: world.name, topics: [world.name], autoCommitMs: 500 }
    await driver.ask('subscribe', ask)
  }
  return names.map(name => driver.consumer(name))
}

export const groups: readonly Scenario[] = [
  {
    name: 'three members share a topic, and take over from one who leaves',
    run: async world => {
      const topic = await world.topic(partitions)
      const driver = await world.start()
      await fill(driver, topic, 'first')
      const [a, b, c] = (await members(world, driver, ['a', 'b', 'c'])) as [Consumer, Consumer, Consumer]
      await world.until(() => shared([a, b, c]), 'three members have two partitions each')
      await world.until(() => count([a, b, c]) === 60, 'everything is read')
      await driver.ask('close', { consumer: 'b' })
      await world.until(() => shared([a, c]), 'the two that stayed have three partitions each')
      await fill(driver, topic, 'second')
      await world.until(() => count([a, b, c]) === 120, 'what came later is read as well')
      assert.ok(!values([b]).some(value => value.startsWith('second')), 'the one that left reads no more')
    },
  },
]
