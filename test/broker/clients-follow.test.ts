import assert from 'node:assert/strict'
import { test } from 'node:test'
import kafkajs, { type Consumer, type Kafka, type Producer } from 'kafkajs'
import { Broker } from '../../src/index.js'

const topic = 'orders'
const partitions = 6
const rounds = 60
const timeout = 60_000
/** The time that kafkajs sleeps where a node leads nothing. */
const maxWaitTimeInMs = 100

/**
 * Sends numbered records in rounds, and remembers which were acknowledged. Each send is for one partition: of
 * a send to several, kafkajs forgets those whose leader moves to a node that has already answered for others.
 */
class NumberedRecords {
  readonly acknowledged: string[][] = Array.from({ length: partitions }, () => [])
  #next = 0

  constructor(private readonly producer: Producer) {}

  async send(): Promise<void> {
    await Promise.all(this.acknowledged.map((_, partition) => this.#sendTo(partition)))
  }

  async #sendTo(partition: number): Promise<void> {
    const values = [this.#next++, this.#next++].map(String)
    await this.producer.send({ topic, messages: values.map(value => ({ value, partition })) })
    this.acknowledged[partition]?.push(...values)
  }
}

/** Reads in a group, and tells when everything of a list was seen. */
class Reading {
  readonly seen = new Set<string>()
  #wanted: readonly string[] | null = null
  #done: () => void = () => {}

  constructor(readonly consumer: Consumer) {}

  async run(): Promise<void> {
    await this.consumer.connect()
    await this.consumer.subscribe({ topic, fromBeginning: true })
    await this.consumer.run({
      eachMessage: async ({ message }) => {
        this.seen.add(String(message.value))
        this.#look()
      },
    })
  }

  all(wanted: readonly string[]): Promise<void> {
    this.#wanted = wanted
    return new Promise(resolve => {
      this.#done = resolve
      this.#look()
    })
  }

  #look(): void {
    if (this.#wanted?.every(value => this.seen.has(value))) this.#done()
  }
}

const clientOf = (broker: Broker): Kafka =>
  new kafkajs.Kafka({
    brokers: broker.brokers,
    logLevel: kafkajs.logLevel.NOTHING,
    retry: { initialRetryTime: 50, retries: 20 },
  })

/** Reads the records of each partition, in their order. */
async function stored(kafka: Kafka): Promise<string[][]> {
  const admin = kafka.admin()
  await admin.connect()
  const ends = await admin.fetchTopicOffsets(topic)
  await admin.disconnect()
  const consumer = kafka.consumer({ groupId: 'check', maxWaitTimeInMs })
  const found: string[][] = Array.from({ length: partitions }, () => [])
  const count = ends.reduce((sum, { high }) => sum + Number(high), 0)
  await consumer.connect()
  await consumer.subscribe({ topic, fromBeginning: true })
  await new Promise<void>((resolve, reject) => {
    let seen = 0
    consumer
      .run({
        eachMessage: async ({ partition, message }) => {
          found[partition]?.push(String(message.value))
          if (++seen === count) resolve()
        },
      })
      .catch(reject)
  })
  await consumer.disconnect()
  return found
}

test('kafkajs goes on while nodes stop and start, and no record is lost, doubled or out of order', {
  timeout,
}, async () => {
  await using broker = await Broker.create({ brokers: 3, topics: [`${topic}:${partitions}:3`] })
  const kafka = clientOf(broker)
  const producer = kafka.producer({ idempotent: true, maxInFlightRequests: 1 })
  const reading = new Reading(kafka.consumer({ groupId: 'shop', maxWaitTimeInMs }))
  await producer.connect()
  await reading.run()
  const records = new NumberedRecords(producer)
  const moves = new Map([
    [10, () => broker.stopNode(1)],
    [20, () => broker.startNode(1)],
    [25, () => broker.stopNode(0)],
    [35, () => broker.stopNode(2)],
    [45, () => broker.startNode(0)],
    [50, () => broker.startNode(2)],
  ])
  for (let round = 0; round < rounds; round++) {
    await Promise.all([records.send(), moves.get(round)?.()])
  }
  await reading.all(records.acknowledged.flat())
  await reading.consumer.disconnect()
  await producer.disconnect()
  assert.equal(records.acknowledged.flat().length, rounds * partitions * 2)
  assert.deepEqual(await stored(kafka), records.acknowledged)
})
