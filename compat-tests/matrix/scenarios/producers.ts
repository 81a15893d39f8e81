import assert from 'node:assert/strict'
import { expected, readBack } from '../read-back.js'
import type { Scenario } from '../scenario.js'
import { numbered, type World } from '../world.js'

export const producers: readonly Scenario[] = [
  ...([0, 1, -1] as const).map(acks => ({
    name: `acks=${acks} is heard`,
    run: async (world: World) => {
      const topic = await world.topic()
      const client = await world.start()
      await client.ask('produce', { topic, acks, records: numbered(5) })
      assert.deepEqual(await readBack(world, client, topic, 5), expected(5))
    },
  })),
  {
    name: 'a topic that is written to comes into being',
    run: async world => {
      const client = await world.start()
      await client.ask('produce', { topic: world.name, records: numbered(5) })
      assert.deepEqual(await readBack(world, client, world.name, 5), expected(5))
    },
  },
  {
    name: 'an idempotent producer numbers what it sends',
    run: async world => {
      const topic = await world.topic()
      const client = await world.start()
      const all = numbered(50)
      for (let at = 0; at < all.length; at += 10)
        await client.ask('produce', { topic, idempotent: true, records: all.slice(at, at + 10) })
      assert.deepEqual(await readBack(world, client, topic, 50), expected(50))
    },
  },
]
