import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { randomFrom, randomRuns } from '../../test/support/random-runs.js'
import { kafkaClassPath, missingKafka } from '../apache-kafka/jars.js'
import { missing } from '../support/tool.js'
import { quietJava } from './clients.js'
import { groupId } from './copier.js'
import { World } from './world.js'

const copiers = 3
const recordsInPartition = 4000
/** The moments of the kills: each when a further share of the input is copied, and a little later. */
const { seed = 0, numRuns: kills = 0 } = randomRuns(7, 30)
const brokersShare = 0.3
const mostDelayMs = 200
const tool = 'org.apache.kafka.tools.TransactionalMessageCopier'

test("Kafka's TransactionalMessageCopier: three of them copy each record once, while they and the broker are killed", {
  skip: missing('kcat', '-V') || missingKafka(),
}, async t => {
  const world = await World.open(t)
  await world.fill(recordsInPartition)
  const classPath = await kafkaClassPath()
  const team = Array.from({ length: copiers }, (_, number) => new Member(classPath, world.bootstrap, number))
  t.after(() => Promise.all(team.map(member => member.dismiss())))
  const random = randomFrom(seed)
  let crashes = 0
  for (let kill = 1; kill <= kills; kill++) {
    await copied(world, kill / (kills + 1))
    await sleep(random() * mostDelayMs)
    if (random() >= brokersShare) await team[Math.floor(random() * copiers)]?.kill()
    else {
      await world.crash()
      crashes += 1
    }
  }
  await world.allCopied()
  await Promise.all(team.map(member => member.dismiss()))
  const more = await world.checkEachOnce()
  assert.ok(more > 0, 'something was aborted')
  const processes = team.map(({ starts }) => starts).join(' + ')
  t.diagnostic(`${kills} kills, ${crashes} of the broker; ${processes} processes; ${more} records aborted`)
})

/** Waits until the group has committed this share of the input. */
async function copied(world: World, share: number): Promise<void> {
  const all = (await world.committed()).length * recordsInPartition
  while ((await world.committed()).reduce((sum, offset) => sum + offset, 0) < share * all) await sleep(50)
}

/** One place in the team: when its process ends, killed or at the end of what it saw, another one starts. */
class Member {
  starts = 0
  #dismissed = false
  #process: ChildProcess

  constructor(
    private readonly classPath: string,
    private readonly bootstrap: string,
    private readonly number: number,
  ) {
    this.#process = this.#start()
  }

  async kill(): Promise<void> {
    const gone = once(this.#process, 'exit')
    this.#process.kill('SIGKILL')
    await gone
  }

  async dismiss(): Promise<void> {
    this.#dismissed = true
    if (this.#process.exitCode === null && this.#process.signalCode === null) await this.kill()
  }

  #start(): ChildProcess {
    this.starts += 1
    const topics = ['--input-topic', 'in', '--input-partition', '-1', '--output-topic', 'out']
    const group = ['--consumer-group', groupId, '--group-mode', '--use-group-metadata']
    const transactions = ['--transactional-id', `copier-${this.number}`, '--transaction-size', '20']
    const how = [...topics, ...group, ...transactions, '--enable-random-aborts']
    const args = [...quietJava, '-cp', this.classPath, tool, '--broker-list', this.bootstrap, ...how]
    const process = spawn('java', args, { stdio: ['ignore', 'ignore', 'ignore'] })
    process.once('exit', () => {
      if (!this.#dismissed) this.#process = this.#start()
    })
    return process
  }
}
