import assert from 'node:assert/strict'
import { random } from '../../support/bad-network.js'
import type { Driver } from '../driver.js'
import type { Scenario } from '../scenario.js'
import { numbered, text, type World } from '../world.js'

async function readBack(world: World, client: Driver, topic: string, count: number): Promise<string[]> {
  await client.ask('assign', { consumer: 'reader', topic, partition: 0, offset: 0 })
  const { records } = client.consumer('reader')
  await world.until(() => records.length >= count, `${count} records are read`)
  await client.ask('close', { consumer: 'reader' })
  return records.map(({ value }) => text(value) as string)
}

const expected = (count: number) => Array.from({ length: count }, (_, i) => `v${i}`)

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
  {
    name: 'idempotent records are stored once and in order while connections are cut',
    run: async world => {
      const network = await world.behindNetwork()
      const topic = await world.topic()
      const client = await world.start()
      const seed = Number(process.env.OTTLA_TEST_SEED ?? Date.now() % 2 ** 31)
      const next = random(seed)
      network.turn({ cutAfterBytes: () => next(1_000, 12_000) })
      const all = numbered(3_000)
      for (let at = 0; at < all.length; at += 100)
        await client.ask('produce', { topic, idempotent: true, records: all.slice(at, at + 100) })
      const { cuts } = network
      network.turn({})
      assert.ok(cuts > 0, `connections were cut, seed ${seed}`)
      const read = await readBack(world, client, topic, all.length)
      assert.deepEqual(read, expected(all.length), `${cuts} cuts, seed ${seed}`)
    },
  },
  {
    name: 'requests and answers may come byte by byte',
    run: async world => {
      const network = await world.behindNetwork()
      network.turn({ pieceBytes: 1 })
      const topic = await world.topic()
      const client = await world.start()
      await client.ask('produce', { topic, records: numbered(20) })
      assert.deepEqual(await readBack(world, client, topic, 20), expected(20))
    },
  },
]
