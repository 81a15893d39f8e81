import assert from 'node:assert/strict'
import { random, type Weather } from '../../support/bad-network.js'
import type { Consumer } from '../driver.js'
import { expected, readBack } from '../read-back.js'
import type { Scenario } from '../scenario.js'
import { numbered, text } from '../world.js'

const seedOf = (): number => Number(process.env.OTTLA_TEST_SEED ?? Date.now() % 2 ** 31)

/** Everything that befalls connections, one after the other; each connection draws its own share of it. */
function storms(next: (low: number, high: number) => number): readonly Weather[] {
  return [
    { cutAfterBytes: () => next(1_000, 8_000) },
    { halfCloseAfterBytes: () => next(500, 4_000) },
    { delayMs: () => next(0, 20) },
    { pieceBytes: () => next(1, 64), delayMs: () => next(0, 5), cutAfterBytes: () => next(1_000, 8_000) },
    { pieceBytes: () => 1 },
  ]
}

const partitions = [0, 1, 2]
const recordsAtOnce = 25

/** The values of a partition in the order in which the group saw each for the first time. */
const firstSeen = (group: readonly Consumer[], wanted: number): string[] => [
  ...new Set(
    group.flatMap(({ records }) =>
      records.filter(({ partition }) => partition === wanted).map(({ value }) => text(value) as string),
    ),
  ),
]

/** The misfortunes of connections that a client uses. */
export const networks: readonly Scenario[] = [
  {
    name: 'requests and answers may come byte by byte',
    run: async world => {
      const network = await world.behindNetwork()
      network.turn({ pieceBytes: () => 1 })
      const topic = await world.topic()
      const client = await world.start()
      await client.ask('produce', { topic, records: numbered(20) })
      assert.deepEqual(await readBack(world, client, topic, 20), expected(20))
    },
  },
  {
    name: 'idempotent records are stored once and in order while connections are cut',
    run: async world => {
      const network = await world.behindNetwork()
      const topic = await world.topic()
      const client = await world.start()
      const seed = seedOf()
      const next = random(seed)
      // Sooner while none was cut: kcat is a new process for each request, and says little.
      network.turn({ cutAfterBytes: () => next(1_000, network.cuts > 0 ? 12_000 : 2_000) })
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
    name: 'a bad network takes nothing from an idempotent writer and a group that reads, and adds nothing',
    run: async world => {
      const network = await world.behindNetwork()
      const topic = await world.topic(partitions.length)
      const [writer, reader] = [await world.start(), await world.start()]
      const write = async (from: number) => {
        const records = partitions.flatMap(partition =>
          numbered(from + recordsAtOnce, `${partition}-`, partition).slice(from),
        )
        await writer.ask('produce', { topic, idempotent: true, records })
      }
      await write(0)
      for (const consumer of ['a', 'b'])
        await reader.ask('subscribe', { consumer, group: world.name, topics: [topic], autoCommitMs: 200 })
      const seed = seedOf()
      let written = recordsAtOnce
      for (const weather of storms(random(seed))) {
        network.turn(weather)
        for (let round = 0; round < 4; round++, written += recordsAtOnce) await write(written)
      }
      assert.ok(network.cuts > 0, `connections were cut, seed ${seed}`)
      network.turn({})
      const group = [reader.consumer('a'), reader.consumer('b')]
      for (const partition of partitions) {
        const all = expected(written, `${partition}-`)
        const stored = await readBack(world, writer, topic, written, partition)
        assert.deepEqual(stored, all, `what is stored in partition ${partition}, seed ${seed}`)
        const seen = () => firstSeen(group, partition)
        await world.until(
          () => seen().length === written,
          `the group has read partition ${partition}, seed ${seed}`,
        )
      }
    },
  },
]
