import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { type Client, missingFor } from '../matrix/client.js'
import { clients } from '../matrix/clients.js'
import { type Consumer, NotExpressible } from '../matrix/driver.js'
import { Drivers } from '../matrix/drivers.js'
import { World } from '../matrix/world.js'
import { BadNetwork, random } from '../support/bad-network.js'
import { OttlaProcess } from '../support/ottla-process.js'

const cutForMs = process.env.OTTLA_TEST_LONG ? 60_000 : 8000
const calmMs = 5000
/** Some clients have to be built first. */
const timeout = 900_000
const partitions = 6
const group = 'cut'
/** The log lines of a broker that evicts members because their client is gone. */
const evictions = (broker: OttlaProcess): string[] =>
  broker.output
    .split('\n')
    .filter(line => line.includes(`'${group}' loses`) && line.includes('connection was closed'))

/** A broker that clients reach through a proxy, three members in two processes behind it, and the weather. */
async function played(client: Client): Promise<void> {
  const network = await BadNetwork.start()
  const bootstrap = `127.0.0.1:${network.port}`
  const args = ['--memory', '--port', '0', '--set', `advertised.listeners=PLAINTEXT://${bootstrap}`]
  const broker = await OttlaProcess.start(...args, '--topic', `letters:${partitions}`)
  network.to(broker.port)
  const drivers = new Drivers(client.prepare(), bootstrap)
  const world = new World('cut', drivers)
  try {
    const [driver, doomed] = [await world.start(), await world.start()]
    const join = async (consumer: string, where = driver) => {
      await where.ask('subscribe', { consumer, group, topics: ['letters'], autoCommitMs: 500 })
      return where.consumer(consumer)
    }
    const members = [await join('a'), await join('b'), await join('c', doomed)]
    await world.until(() => areShared(members), 'three members have two partitions each')
    await cut(network)
    assert.deepEqual(evictions(broker), [], 'nobody whose process lives is thrown out')
    await world.until(() => areShared(members), 'the three have two partitions each')
    // A new connection is a sign of life of all members with its client id, and the processes share theirs.
    await setTimeout(calmMs)
    await doomed.kill()
    const lone = () =>
      world.until(() => areShared(members.slice(0, 2)), 'the two that live share all partitions')
    await lone().catch(lone) // it may take a session, and another rebalance
    // A client that opens connections all the time seems to live on, and the member waits for its session to end.
    assert.ok(evictions(broker).length <= 1, broker.output)
  } finally {
    await world.close(false)
    await drivers.end()
    await network.stop()
    await broker.stop()
  }
}

function areShared(members: readonly Consumer[]): boolean {
  const all = members.flatMap(({ owned }) => [...owned])
  const share = partitions / members.length
  return new Set(all).size === partitions && members.every(({ owned }) => owned.size === share)
}

/** Cuts every connection, again and again, at times that a seed tells. */
async function cut(network: BadNetwork): Promise<void> {
  const from = random(7)
  const end = performance.now() + cutForMs
  while (performance.now() < end) {
    await setTimeout(from(300, 2500))
    network.turn({})
  }
}

describe('members whose connections are cut keep their place, and one whose process is killed loses it', () => {
  for (const client of clients) {
    test(client.name, { skip: missingFor(client), timeout }, async t => {
      try {
        await played(client)
      } catch (thrown) {
        if (!(thrown instanceof NotExpressible)) throw thrown
        t.skip(thrown.message)
      }
    })
  }
})
