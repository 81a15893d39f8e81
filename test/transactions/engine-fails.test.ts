import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BrokerConfig } from '../../src/config/broker-config.js'
import { partitionOf } from '../../src/coordinator/partition-of.js'
import { GroupCoordinator } from '../../src/groups/group-coordinator.js'
import { Background } from '../../src/telemetry/background.js'
import { silent } from '../../src/telemetry/logger.js'
import { Markers } from '../../src/transactions/markers.js'
import { TransactionCoordinator } from '../../src/transactions/transaction-coordinator.js'
import { KafkaError } from '../../src/wire/errors.js'
import { caller, joinRequest, settle, syncRequest } from '../groups/coordinator-world.js'
import { FailingEngine, type Failure, type Method } from '../support/failing-engine.js'
import { inflater } from '../support/inflater.js'
import { JournalLog } from '../support/journal-log.js'
import { ManualClock } from '../support/manual-clock.js'
import { Topics } from '../support/topics.js'

const ann = caller('ann')
const here = { nodeId: 0 }
const offsetsTopic = '__consumer_offsets'
/** Names that live in the partition whose calls fail, and in the other one. */
const namesIn = (partition: number) =>
  Array.from({ length: 100 }, (_, i) => `name-${i}`).filter(name => partitionOf(name, 2) === partition)
const [simple = '', classic = '', newer = '', transactional = ''] = namesIn(0)
const [neighbour = ''] = namesIn(1)

const bug = new TypeError('a bug')
const refusal = { kind: 'answers', error: 'KAFKA_STORAGE_ERROR' } as const
const ofAppend = (failure: Failure) => (method: Method) => (method === 'append' ? failure : refusal)

/** The ways in which a call may fail. */
const ways = {
  throws: method => (method === 'append' ? { kind: 'throws', error: bug } : { kind: 'rejects', error: bug }),
  rejects: () => ({ kind: 'rejects', error: new Error('the connection was lost') }),
  refuses: () => refusal,
  'is out of reach': ofAppend({ kind: 'unavailable' }),
  'is led by another': () => ({ kind: 'answers', error: 'NOT_LEADER_OR_FOLLOWER' }),
  'does not know': ofAppend({ kind: 'unknown', isAppended: false }),
  'did it and does not know': ofAppend({ kind: 'unknown', isAppended: true }),
  hangs: () => ({ kind: 'hangs' }),
  'hangs for a while': () => ({ kind: 'hangs' }),
} satisfies Record<string, (method: Method) => Failure>
type Way = keyof typeof ways

/** Both coordinators as a broker has them, over an engine of which one call fails. */
class World {
  readonly clock = new ManualClock()
  readonly topics = new Topics()
  readonly failing: FailingEngine
  readonly background = new Background({ clock: this.clock, logger: silent })
  readonly #config = new BrokerConfig(new Map([['group.initial.rebalance.delay.ms', '0']]))
  groups!: GroupCoordinator
  transactions!: TransactionCoordinator
  /** Offsets that were acknowledged, and those of which that is not known, since. */
  acknowledged = -1n
  readonly doubtful = new Set<bigint>()

  constructor(
    private readonly nth: number,
    private readonly way: Way,
  ) {
    const concerns = ({ partition }: { readonly partition: number }) => partition === 0
    this.failing = new FailingEngine(new JournalLog().engine, { concerns, clock: this.clock })
    this.failing.fail('any', nth, ways[way])
    this.topics.create('orders', [0])
    for (const name of [offsetsTopic, '__transaction_state']) this.topics.create(name, [0, 0])
    this.start()
  }

  /** True where the scenario has come as far as the call that fails. */
  get hasFailed(): boolean {
    return this.failing.calls('any') >= this.nth
  }

  /** Ends the call that hangs for a while. */
  release(): void {
    if (this.way === 'hangs for a while') this.failing.letGo()
  }

  start(): void {
    const created = () => Promise.reject(new Error('it is there'))
    const parts = {
      metadata: this.topics.store,
      cluster: this.topics.cluster,
      inflater: inflater(),
      log: this.failing,
      clock: this.clock,
      config: this.#config,
      logger: silent,
      background: this.background,
      createInternalTopic: created,
    }
    const groups = new GroupCoordinator(parts)
    const markers = new Markers({
      ...parts,
      offsetsTopic,
      endOffsets: (partition, ended) => groups.endTransaction(partition, ended),
    })
    this.groups = groups
    this.transactions = new TransactionCoordinator({ ...parts, markers })
    this.transactions.start()
  }

  stop(): void {
    this.transactions.stop()
    this.groups.stop()
  }

  commitment(groupId: string, offset: bigint) {
    const { id = '' } = this.topics.topic('orders') ?? {}
    const orders = { topic: 'orders', topicId: id, partition: 0, offset, leaderEpoch: -1, metadata: '' }
    const nobody = { memberId: '', groupInstanceId: null, generationIdOrMemberEpoch: -1 }
    return { ...nobody, retentionTimeMs: -1n, groupId, offsets: [orders] }
  }

  /** Returns the value, or the error that the client gets. Whatever happens there is an answer in bounded time. */
  async answer<T>(request: Promise<T>): Promise<T | KafkaError> {
    let answer: T | KafkaError | undefined
    let thrown: unknown
    request.then(
      value => {
        answer = value ?? ('done' as T)
      },
      error => {
        if (error instanceof KafkaError) answer = error
        else thrown = error
      },
    )
    for (let seconds = 0; seconds < 40 && answer === undefined && thrown === undefined; seconds++) {
      await settle()
      if (answer === undefined) this.clock.advance(1000)
    }
    if (thrown !== undefined) throw thrown
    assert.notEqual(answer, undefined, 'a client waits for ever')
    return answer as T | KafkaError
  }

  async commit(offset: bigint): Promise<void> {
    const answer = await this.answer(this.groups.commit(this.commitment(simple, offset), ann, 9))
    if (answer instanceof KafkaError) this.doubtful.add(offset)
    else {
      assert.deepEqual(answer, ['NONE'])
      this.acknowledged = offset
      this.doubtful.clear()
    }
  }

  /** The neighbour is served at once, whatever time the others need. */
  async checkNeighbour(offset: bigint): Promise<void> {
    let said: unknown
    this.groups.commit(this.commitment(neighbour, offset), ann, 9).then(
      outcomes => {
        said = outcomes
      },
      error => {
        said = error
      },
    )
    await settle()
    assert.deepEqual(said, ['NONE'], 'the neighbour is served')
  }

  async committed(): Promise<bigint | undefined> {
    const anybody = { memberId: null, memberEpoch: -1, requireStable: false }
    const found = await this.answer(this.groups.fetchOffsets(simple, null, anybody, ann))
    if (found instanceof KafkaError) throw found
    return found[0]?.partitions[0]?.committed?.offset
  }
}

async function aClassicGroup({ groups }: World, answer: World['answer']): Promise<void> {
  const joined = await answer(groups.join(joinRequest({ groupId: classic }), ann, 3))
  if (joined instanceof KafkaError) return
  const { memberId, generationId = 0 } = joined
  const assignments = [{ memberId, assignment: Buffer.from('all') }]
  await answer(groups.sync(syncRequest({ groupId: classic, memberId, generationId, assignments }), ann))
  await answer(groups.heartbeat({ groupId: classic, memberId, generationId, groupInstanceId: null }, ann))
  await answer(groups.leave(classic, [{ memberId, groupInstanceId: null, reason: null }], ann))
}

async function aConsumerGroup({ groups }: World, answer: World['answer']): Promise<void> {
  const joining = {
    groupId: newer,
    memberId: 'ann',
    memberEpoch: 0,
    instanceId: null,
    rackId: null,
    rebalanceTimeoutMs: 60_000,
    subscribedTopicNames: ['orders'],
    subscribedTopicRegex: null,
    serverAssignor: null,
    topicPartitions: [],
  }
  await answer(groups.consumerHeartbeat(joining, ann))
  await answer(groups.consumerHeartbeat({ ...joining, memberEpoch: 1 }, ann))
  await answer(groups.describeConsumers(newer, ann))
  await answer(groups.consumerHeartbeat({ ...joining, memberEpoch: -1 }, ann))
}

async function aTransaction(world: World, answer: World['answer'], offset: bigint): Promise<boolean> {
  const { transactions, groups } = world
  const transactionalId = transactional
  const init = { transactionalId, timeoutMs: 60_000, expected: null }
  const producer = await answer(transactions.initialize(init, here))
  if (producer instanceof KafkaError) return false
  const partitions = [
    { topic: 'orders', partition: 0 },
    { topic: offsetsTopic, partition: 0 },
  ]
  const { producerId, producerEpoch } = producer
  const identity = { transactionalId, producerId, producerEpoch, clientVersion: 2 }
  const added = await answer(transactions.add({ ...identity, partitions }, here))
  if (added instanceof KafkaError) return false
  const within = { producerId, producerEpoch, guard: null }
  await answer(groups.commitWithin(within, world.commitment(transactional, offset), ann))
  const ended = await answer(transactions.end({ ...identity, committed: true }, here))
  return !(ended instanceof KafkaError)
}

async function scenario(world: World): Promise<void> {
  const answer: World['answer'] = request => world.answer(request)
  let offset = 0n
  const step = async (act: () => Promise<unknown>) => {
    await act()
    await world.checkNeighbour(++offset)
  }
  await step(() => world.commit(++offset))
  await step(() => aClassicGroup(world, answer))
  await step(() => aConsumerGroup(world, answer))
  await step(() => aTransaction(world, answer, ++offset))
  await step(() => world.commit(++offset))
  await step(async () => world.clock.advance(600_000))
  world.release() // a broker that stops waits for its disk
  await settle()
  world.stop()
  world.start()
  await step(() => answer(world.groups.list(here)))
  await step(() => world.commit(++offset))
  await step(() => aTransaction(world, answer, ++offset))
  await step(() => answer(world.groups.delete(classic, ann)))
}

async function check(world: World, way: Way): Promise<void> {
  world.release()
  for (let i = 0; i < 5; i++) {
    world.clock.advance(31_000)
    await settle()
  }
  await world.checkNeighbour(1000n)
  if (way === 'hangs') return
  const offset = (await world.committed()) ?? -1n
  assert.ok(
    offset === world.acknowledged || world.doubtful.has(offset),
    `${offset} is committed, acknowledged was ${world.acknowledged}, in doubt ${[...world.doubtful]}`,
  )
  await world.commit(2000n)
  assert.equal(world.acknowledged, 2000n, 'the partition is served again')
  const answer: World['answer'] = request => world.answer(request)
  let ended = await aTransaction(world, answer, 2001n)
  if (!ended) ended = await aTransaction(world, answer, 2002n) // the first one had to end what was open
  assert.ok(ended, 'transactions go on')
  assert.deepEqual(world.background.failing, [])
  world.stop()
  world.start()
  assert.equal(await world.committed(), 2000n, 'a replay finds the same')
}

for (const way of Object.keys(ways) as Way[]) {
  test(`whichever call of the engine ${way}, no client waits for ever, others are served, and it goes on`, async () => {
    let nth = 0
    for (let failed = true; failed; ) {
      const world = new World(++nth, way)
      try {
        await scenario(world)
        failed = world.hasFailed
        if (failed) await check(world, way)
      } catch (thrown) {
        throw new Error(`when call ${nth} ${way}: ${(thrown as Error).message}`, { cause: thrown })
      }
      world.stop()
    }
    assert.ok(nth > 15, `the scenario has ${nth} calls`)
  })
}
