import assert from 'node:assert/strict'
import { type Consumer, type Driver, NotExpressible } from '../driver.js'
import type { Scenario } from '../scenario.js'
import type { Steps } from '../steps.js'
import { numbered, text, type World } from '../world.js'

const partitions = 6

/** True where these consumers own every partition between them, each as many. */
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

/** True where the broker still holds the place of the member of this name: UNRELEASED_INSTANCE_ID. */
const held = ({ errors }: Consumer): boolean => errors.some(({ code }) => code === 111)

type Joins = Partial<Steps['subscribe']['ask']>

/** Lets these join the scenario's group, one after the other. */
async function join(world: World, driver: Driver, names: readonly string[], how: Joins = {}) {
  for (const consumer of names) {
    const wanted = how.pattern === undefined ? { topics: [world.name] } : {}
    await driver.ask('subscribe', { consumer, group: world.name, autoCommitMs: 500, ...wanted, ...how })
  }
  return names.map(name => driver.consumer(name))
}

/** Has one of two static members go, and come back in another process. */
async function comesBack(world: World, leave: (driver: Driver) => Promise<void>): Promise<void> {
  const topic = await world.topic(partitions)
  const [driver, leaving] = [await world.start(), await world.start()]
  const [a] = (await join(world, driver, ['a'], { instanceId: 'a' })) as [Consumer]
  const [b] = (await join(world, leaving, ['b'], { instanceId: 'b' })) as [Consumer]
  await world.until(() => shared([a, b]), 'two members have three partitions each')
  const [hers, taken] = [[...b.owned].sort(), a.revoked.length]
  await leave(leaving)
  const again = await world.start()
  const [back] = (await join(world, again, ['b'], { instanceId: 'b' })) as [Consumer]
  await world.until(() => back.owned.size === 3 || held(back), 'who came back has three partitions')
  if (held(back)) throw new NotExpressible('a killed member is waited for until its session ends (KIP-848)')
  await fill(driver, topic, 'after')
  await world.until(() => count([a, back]) === 60, 'everything is read')
  assert.deepEqual([...back.owned].sort(), hers)
  assert.equal(a.revoked.length, taken, 'the other one kept what it had')
}

export const groups: readonly Scenario[] = [
  {
    name: 'three members share a topic, and take over from one that leaves',
    run: async world => {
      const topic = await world.topic(partitions)
      const driver = await world.start()
      await fill(driver, topic, 'first')
      const [a, b, c] = (await join(world, driver, ['a', 'b', 'c'])) as [Consumer, Consumer, Consumer]
      await world.until(() => shared([a, b, c]), 'three members have two partitions each')
      await world.until(() => count([a, b, c]) === 60, 'everything is read')
      await driver.ask('close', { consumer: 'b' })
      await world.until(() => shared([a, c]), 'the two that stayed have three partitions each')
      await fill(driver, topic, 'second')
      await world.until(() => count([a, b, c]) === 120, 'what came later is read as well')
      assert.ok(!values([b]).some(value => value.startsWith('second')), 'the one that left reads no more')
    },
  },
  {
    name: 'a member whose process is killed is replaced',
    run: async world => {
      const topic = await world.topic(partitions)
      const [driver, doomed] = [await world.start(), await world.start()]
      const [a, b] = (await join(world, driver, ['a', 'b'])) as [Consumer, Consumer]
      const [c] = (await join(world, doomed, ['c'])) as [Consumer]
      await world.until(() => shared([a, b, c]), 'three members have two partitions each')
      await doomed.kill()
      await world.until(() => shared([a, b]), 'the two that live have three partitions each')
      await fill(driver, topic, 'after')
      await world.until(() => count([a, b]) === 60, 'everything is read')
    },
  },
  {
    name: 'a static member comes back to its partitions and no other member is bothered',
    run: world => comesBack(world, driver => driver.kill()),
  },
  {
    name: 'a static member that was restarted has its partitions again',
    run: world => comesBack(world, driver => driver.end()),
  },
  {
    name: 'in a cooperative rebalance members keep what stays theirs',
    run: async world => {
      const topic = await world.topic(partitions)
      const driver = await world.start()
      const how = { assignor: 'cooperative-sticky' } as const
      const [a] = (await join(world, driver, ['a'], how)) as [Consumer]
      await world.until(() => a.owned.size === 6, 'the first has everything')
      const [b] = (await join(world, driver, ['b'], how)) as [Consumer]
      await world.until(() => shared([a, b]), 'two have three partitions each')
      assert.deepEqual(new Set(a.revoked), b.owned, 'the first gave away only what the second has now')
      assert.equal(a.revoked.length, 3)
      await fill(driver, topic, 'after')
      await world.until(() => count([a, b]) === 60, 'everything is read')
    },
  },
]
