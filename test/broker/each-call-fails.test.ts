import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { Broker } from '../../src/index.js'
import { buildBatch, decodeRecords, splitBatches } from '../../src/records/record-batch.js'
import { createPartitions } from '../../src/wire/apis/create-partitions.js'
import { createTopics } from '../../src/wire/apis/create-topics.js'
import { deleteTopics } from '../../src/wire/apis/delete-topics.js'
import { describeConfigs } from '../../src/wire/apis/describe-configs.js'
import { fetch } from '../../src/wire/apis/fetch.js'
import { findCoordinator } from '../../src/wire/apis/find-coordinator.js'
import { incrementalAlterConfigs } from '../../src/wire/apis/incremental-alter-configs.js'
import { initProducerId } from '../../src/wire/apis/init-producer-id.js'
import { metadata } from '../../src/wire/apis/metadata.js'
import { offsetCommit } from '../../src/wire/apis/offset-commit.js'
import { offsetFetch } from '../../src/wire/apis/offset-fetch.js'
import { produce } from '../../src/wire/apis/produce.js'
import type { Api, Decoded, Draft, Fields } from '../../src/wire/schema.js'
import { record } from '../support/log-world.js'
import { ManualClock } from '../support/manual-clock.js'
import { randomFrom, randomRuns } from '../support/random-runs.js'
import { RawClient } from '../support/raw-client.js'
import { type Fault, type Operation, SimulatedDisk } from '../support/simulated-disk.js'
import { Expectations, type Seen } from './expectations.js'

const { seed = 1, numRuns = 1 } = randomRuns(60, Number.POSITIVE_INFINITY)
const timeout = 3_600_000
const directories = ['/one', '/two'] as const
const settings = {
  'log.dirs': directories.join(),
  'offsets.topic.num.partitions': '1',
  'log.segment.delete.delay.ms': '1000',
  'metadata.log.max.record.bytes.between.snapshots': '1500',
  'metadata.max.retention.bytes': '1500',
}
const topicType = 2

/** The operations that fail for good on a disk that is full, or while descriptors are short; a broken one is one of two. */
const lasting: { readonly [code: string]: ReadonlySet<Operation> } = {
  ENOSPC: new Set(['append', 'write', 'makeFolder', 'rename']),
  EMFILE: new Set(['open', 'list', 'readFile', 'write', 'syncFolder']),
}

interface Case {
  readonly at: number
  readonly code: Fault
  readonly isLasting: boolean
  readonly end: 'stop' | 'kill' | 'power failure'
}

/** A broker on a disk of which one call fails, or all from one on, with a client that remembers the answers. */
class Run {
  disk = new SimulatedDisk()
  readonly clock = new ManualClock()
  readonly expected = new Expectations()
  /** Each operation with the file that it was for. */
  readonly seen = new Set<string>()
  /** The folders that the broker made. */
  readonly folders = new Set<string>()
  calls = 0
  /** The call that failed, or the first of them. */
  failed: string | null = null
  readonly #random: () => number
  #broker: Broker | null = null
  #client: RawClient | null = null
  #values = 0

  constructor(private readonly given: Case) {
    this.#random = randomFrom(given.at + 7)
    this.#arm()
  }

  #arm(): void {
    const { at, code, isLasting } = this.given
    this.disk.fault = (operation, path) => {
      this.seen.add(`${operation} ${path}`)
      if (operation === 'makeFolder') this.folders.add(path)
      const n = this.calls++
      if (n < at || at < 0 || (n > at && !isLasting)) return null
      const directory = directories.find(each => this.failed?.includes(` ${each}`)) ?? ''
      const isMeant = lasting[code] ? lasting[code].has(operation) : path.startsWith(directory)
      if (n > at && !isMeant) return null
      this.failed ??= `${operation} ${path}`
      return code
    }
  }

  /** Nothing fails at the last start. */
  async all(): Promise<void> {
    try {
      await this.#start()
      await this.#work()
      await this.#goesOn()
      await this.#servesOthers()
      await this.#end(this.given.end)
      await this.#start()
      await this.#look({ isAtStart: true })
      await this.#servesOthers()
      await this.#create('second')
      await this.#write('orders', 0)
      await this.#look()
      await this.#end(this.given.end === 'stop' ? 'kill' : 'stop')
      this.disk.fault = () => null
      await this.#start()
      assert.ok(this.#broker, 'the last start does not come off')
      await this.#look({ isAtStart: true, mustBeAll: true })
      assert.ok(await this.#create('last'), 'no topic is made at the last start')
      assert.ok(await this.#write('last', 0), 'nothing is written at the last start')
      await this.#end('stop')
    } finally {
      this.#client?.destroy()
      await this.#broker?.stop()
    }
  }

  async #start(): Promise<void> {
    const options = {
      files: this.disk,
      clock: this.clock,
      random: this.#random,
      durability: 'fsync' as const,
      set: settings,
    }
    const starting = Broker.create(options).catch(thrown => {
      assert.equal(thrown.name, 'ConfigurationError', thrown.stack)
      return null
    })
    this.#broker = await this.#answered(starting, 'the start')
    if (!this.#broker) return
    this.#client = await RawClient.connect(Number(this.#broker.brokers[0]?.split(':').at(-1)))
  }

  async #end(end: Case['end']): Promise<void> {
    this.#client?.destroy()
    this.#client = null
    const { disk } = this
    if (end === 'kill') this.disk = disk.killed()
    if (end === 'power failure') this.disk = disk.unplugged(this.#random)
    if (end !== 'stop') disk.fault = () => null
    if (this.#broker) await this.#answered(this.#broker.stop(), 'the stop')
    this.#broker = null
    if (end === 'stop') this.disk = disk.killed()
    this.#arm()
  }

  async #work(): Promise<void> {
    await this.#create('orders', 2)
    await this.#create('letters')
    for (const partition of [0, 1]) await this.#write('orders', partition)
    await this.#write('letters', 0)
    await this.#ask(initProducerId, 4, { transactionalId: null, transactionTimeoutMs: 1000 })
    await this.#commit('1')
    await this.#configure('orders', '1111')
    await this.#grow('orders', 3)
    await this.#write('orders', 2)
    await this.#delete('letters')
    await this.#pass(2000)
    await this.#create('letters', 2)
    await this.#write('letters', 1)
    await this.#configure('letters', '2222')
    await this.#create('short')
    await this.#write('short', 0)
    await this.#commit('2')
    await this.#delete('short')
    for (const name of ['a', 'b', 'c']) await this.#create(name, 5)
    await this.#pass(2000)
    for (const name of ['a', 'b', 'c']) await this.#delete(name)
    await this.#pass(2000)
    await this.#configure('orders', '3333')
    await this.#commit('3')
    await this.#look()
  }

  /** A disk that was full, or a process that lacked descriptors, serves by itself once there is room. */
  async #goesOn(): Promise<void> {
    const { code, isLasting } = this.given
    if (!isLasting || this.failed === null || this.#broker === null) return
    if (code === 'EIO' || this.failed.startsWith('sync')) return
    this.disk.fault = () => null
    await this.#pass(60_000)
    await this.#pass(60_000)
    assert.ok(await this.#create('room'), 'no topic is made once there is room')
    assert.ok(await this.#write('room', 0), 'nothing is written once there is room')
    this.#arm()
  }

  /** A directory whose disk fails is of no consequence to what lies in the other one. */
  async #servesOthers(): Promise<void> {
    const broken = directories.find(each => this.failed?.includes(` ${each}/`))
    if (this.#broker === null || broken === undefined || (this.given.isLasting && this.given.code !== 'EIO'))
      return
    for (const partition of [0, 1, 2]) {
      const lies = directories.find(each => this.folders.has(`${each}/orders-${partition}`))
      if (lies === undefined || lies === broken) continue
      assert.ok(await this.#write('orders', partition), `orders-${partition} in ${lies} is not served`)
    }
    if (broken === '/one') return
    assert.ok(await this.#create(`other-${++this.#values}`), 'no topic is made beside the broken directory')
  }

  async #create(name: string, numPartitions = 1): Promise<boolean> {
    const topic = { name, numPartitions, replicationFactor: 1, assignments: [], configs: [] }
    const answer = await this.#ask(createTopics, 7, { topics: [topic], timeoutMs: 1000 })
    const { errorCode = -1, topicId = '' } = answer?.topics[0] ?? {}
    if (errorCode === 0) this.expected.topic(name, `${topicId}:${numPartitions}`, true)
    else if (this.#broker) this.expected.maybeCreated(name)
    return errorCode === 0
  }

  async #delete(name: string): Promise<void> {
    const topic = await this.#find(name)
    const answer = await this.#ask(deleteTopics, 5, { topicNames: [name], timeoutMs: 1000 })
    if (topic) this.expected.topic(name, null, answer?.responses[0]?.errorCode === 0)
  }

  async #grow(name: string, count: number): Promise<void> {
    const before = await this.#find(name)
    const topics = [{ name, count, assignments: null }]
    const answer = await this.#ask(createPartitions, 3, { topics, timeoutMs: 1000, validateOnly: false })
    if (before) this.expected.topic(name, `${before.id}:${count}`, answer?.results[0]?.errorCode === 0)
  }

  async #configure(name: string, value: string): Promise<void> {
    const topic = await this.#find(name)
    const configs = [{ name: 'retention.ms', configOperation: 0, value }]
    const resources = [{ resourceType: topicType, resourceName: name, configs }]
    const answer = await this.#ask(incrementalAlterConfigs, 1, { resources, validateOnly: false })
    if (topic) this.expected.value(`retention of ${topic.id}`, value, answer?.responses[0]?.errorCode === 0)
  }

  async #commit(offset: string): Promise<void> {
    const partitions = [{ partitionIndex: 0, committedOffset: BigInt(offset), committedMetadata: '' }]
    const topics = [{ name: 'orders', partitions }]
    const request = { groupId: 'readers', generationIdOrMemberEpoch: -1, memberId: '', topics }
    await this.#ask(findCoordinator, 4, { coordinatorKeys: ['readers'], keyType: 0 })
    const answer = await this.#ask(offsetCommit, 8, request)
    const { errorCode = -1 } = answer?.topics[0]?.partitions[0] ?? {}
    if (this.#broker) this.expected.value('committed', offset, errorCode === 0)
  }

  async #write(name: string, index: number): Promise<boolean> {
    const topic = await this.#find(name)
    const value = `${++this.#values}`
    const records = await buildBatch({ records: [record(value, this.clock.now())] })
    const topicData = [{ name, partitionData: [{ index, records }] }]
    const answer = await this.#ask(produce, 9, { acks: -1, timeoutMs: 30_000, topicData })
    const isTaken = answer?.responses[0]?.partitionResponses[0]?.errorCode === 0
    if (topic) this.expected.record(topic.id, index, value, isTaken)
    return isTaken
  }

  async #find(name: string): Promise<{ readonly id: string } | null> {
    const found = (await this.#topics())?.find(topic => topic.name === name)
    return found ? { id: found.topicId } : null
  }

  async #topics() {
    const answer = await this.#ask(metadata, 12, { topics: null, allowAutoTopicCreation: false })
    return answer?.topics.filter(({ isInternal }) => !isInternal)
  }

  /** Fails unless all that is found agrees with the answers; with `mustBeAll` all of it must be readable too. */
  async #look({ isAtStart = false, mustBeAll = false } = {}): Promise<void> {
    const topics = await this.#topics()
    if (!topics) return
    const seen = { topics: new Map(), values: new Map(), records: new Map() }
    for (const { name, topicId, partitions, errorCode } of topics) {
      assert.equal(errorCode, 0)
      seen.topics.set(name, `${topicId}:${partitions.length}`)
      const retention = await this.#retention(name ?? '')
      if (retention) seen.values.set(`retention of ${topicId}`, retention)
      for (const index of partitions.keys()) {
        const found = await this.#read(name ?? '', index)
        assert.ok(found || !mustBeAll, `${name}-${index} cannot be read`)
        if (found) seen.records.set(`${topicId}/${index}`, found)
      }
    }
    const committed = await this.#committed(mustBeAll)
    if (committed) seen.values.set('committed', committed)
    this.expected.check(seen as Seen, { isAtStart, mayHide: !mustBeAll && this.given.code !== 'EIO' })
  }

  async #retention(name: string): Promise<string | null> {
    const resources = [{ resourceType: topicType, resourceName: name, configurationKeys: ['retention.ms'] }]
    const answer = await this.#ask(describeConfigs, 4, { resources })
    const config = answer?.results[0]?.configs[0]
    return config?.configSource === 1 ? config.value : '-'
  }

  async #committed(mustBeAll: boolean): Promise<string | null> {
    const groups = [{ groupId: 'readers', topics: [{ name: 'orders', partitionIndexes: [0] }] }]
    for (let attempt = 0; attempt < 5; attempt++) {
      const answer = await this.#ask(offsetFetch, 8, { groups, requireStable: false })
      const group = answer?.groups[0]
      const partition = group?.topics[0]?.partitions[0]
      if (group?.errorCode === 0 && partition?.errorCode === 0) {
        return partition.committedOffset < 0n ? '-' : `${partition.committedOffset}`
      }
      await this.#ask(findCoordinator, 4, { coordinatorKeys: ['readers'], keyType: 0 })
      await this.#pass(1000)
    }
    assert.ok(!mustBeAll, 'the committed offset cannot be read')
    return null
  }

  async #read(topic: string, partition: number): Promise<string[] | null> {
    const partitions = [{ partition, fetchOffset: 0n, partitionMaxBytes: 1 << 20 }]
    const request = { maxWaitMs: 0, minBytes: 1, maxBytes: 1 << 20, topics: [{ topic, partitions }] }
    const found = (await this.#ask(fetch, 12, request))?.responses[0]?.partitions[0]
    if (found?.errorCode !== 0) return null
    const records = await Promise.all(splitBatches(found.records as Buffer).map(decodeRecords))
    return records.flat().map(({ value }) => String(value))
  }

  /** The answer; null where no broker runs. */
  async #ask<Req extends Fields, Res extends Fields>(
    api: Api<Req, Res>,
    version: number,
    request: Draft<Req>,
  ): Promise<Decoded<Res> | null> {
    if (!this.#client) return null
    return this.#answered(this.#client.ask(api, version, request), api.name)
  }

  /** Lets time pass, and the work that it sets off finish. */
  async #pass(ms: number): Promise<void> {
    this.clock.advance(ms)
    for (let turn = 0; turn < 20; turn++) await setImmediate()
  }

  async #answered<T>(work: Promise<T>, name: string): Promise<T> {
    let isOver = false
    const over = () => {
      isOver = true
    }
    work.then(over, over)
    for (let turn = 0; !isOver && turn < 20_000; turn++) {
      await setImmediate()
      if (turn % 200 === 199) this.clock.advance(1000)
    }
    assert.ok(isOver, `${name} was never answered`)
    return work
  }
}

const ends = ['stop', 'kill', 'power failure'] as const

test('whichever call of the disk fails, once or from then on, a broker answers and keeps its word', {
  timeout,
}, async () => {
  const whole = new Run({ at: -1, code: 'EIO', isLasting: false, end: 'stop' })
  await whole.all()
  for (const done of [
    /rename .*checkpoint.part/,
    /remove .*checkpoint/,
    /remove .*-delete/,
    /write .*quorum-state/,
    /write .*meta.properties/,
  ]) {
    assert.match([...whole.seen].join('\n'), done, 'the work includes what this is for')
  }
  const cases = [false, true].flatMap(isLasting =>
    (['EIO', 'ENOSPC', 'EMFILE'] as const).flatMap(code =>
      Array.from({ length: whole.calls }, (_, at) => ({ at, code, isLasting, end: ends[at % 3] ?? 'stop' })),
    ),
  )
  const step = Math.max(1, Math.floor(cases.length / numRuns))
  const wrong: string[] = []
  for (let next = Math.floor(randomFrom(seed)() * step); next < cases.length; next += step) {
    const each = cases[next] as Case
    const run = new Run(each)
    const told = `${each.code} ${each.isLasting ? 'from call' : 'at call'} ${each.at}, ${each.end}`
    await run.all().catch(thrown => wrong.push(`${told}, ${run.failed}: ${thrown.message}`))
  }
  assert.deepEqual(wrong, [])
})
