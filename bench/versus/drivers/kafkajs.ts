/**
 * Does one piece of work with kafkajs, in a process of its own, and prints its figures as JSON. Its
 * argument is a `KafkajsWork`.
 */
import { randomBytes } from 'node:crypto'
import kafkajs, { type Producer } from 'kafkajs'

export interface KafkajsWork {
  readonly kind: 'produce' | 'consume' | 'join'
  readonly bootstrap: string
  readonly topic: string
  /** Producers, each with one request in flight. */
  readonly connections: number
  readonly records: number
  readonly recordBytes: number
  readonly recordsPerRequest: number
}

const work = JSON.parse(process.argv[2] as string) as KafkajsWork
const kafka = new kafkajs.Kafka({ brokers: [work.bootstrap], logLevel: kafkajs.logLevel.ERROR })
const does = { produce, consume, join }
console.log(JSON.stringify(await does[work.kind]()))
process.exit(0)

/** Measures the time from `run()` to the first assignment, one consumer after another. */
async function join() {
  const tookMs: number[] = []
  for (let i = 0; i < work.records; i++) {
    const consumer = kafka.consumer({ groupId: `${work.topic}-${i}` })
    await consumer.connect()
    await consumer.subscribe({ topic: work.topic })
    const joined = new Promise(resolve => consumer.on(consumer.events.GROUP_JOIN, resolve))
    const before = performance.now()
    await consumer.run({ eachMessage: async () => {} })
    await joined
    tookMs.push(performance.now() - before)
    await consumer.disconnect()
  }
  return { assignmentMs: tookMs.sort((a, b) => a - b)[Math.floor(tookMs.length / 2)] }
}

/** The first third of the requests warms kafkajs up and does not count. */
async function produce() {
  const value = randomBytes(work.recordBytes)
  const messages = Array.from({ length: work.recordsPerRequest }, () => ({ value }))
  const producers = Array.from({ length: work.connections }, () => kafka.producer())
  for (const producer of producers) {
    await producer.connect()
    await producer.send({ topic: work.topic, messages })
  }
  const requests = Math.ceil(work.records / work.recordsPerRequest / work.connections)
  const warmUp = Math.floor(requests / 3)
  const sendAll = async (amount: number) => {
    const tookMs: number[] = []
    const sendEach = async (producer: Producer) => {
      for (let i = 0; i < amount; i++) {
        const before = performance.now()
        await producer.send({ topic: work.topic, messages })
        tookMs.push(performance.now() - before)
      }
    }
    await Promise.all(producers.map(sendEach))
    return tookMs
  }
  await sendAll(warmUp)
  const before = performance.now()
  const tookMs = await sendAll(requests - warmUp)
  const seconds = (performance.now() - before) / 1000
  tookMs.sort((a, b) => a - b)
  const at = (share: number) => tookMs[Math.floor(share * tookMs.length)]
  const recordsPerSecond = (tookMs.length * work.recordsPerRequest) / seconds
  return { recordsPerSecond, p50Ms: at(0.5), p99Ms: at(0.99) }
}

/** Measures from the first batch to the last. */
async function consume() {
  const consumer = kafka.consumer({ groupId: `bench-${process.pid}-${Date.now()}` })
  await consumer.connect()
  await consumer.subscribe({ topic: work.topic, fromBeginning: true })
  let [count, skipped, firstAtMs] = [0, 0, 0]
  await new Promise<void>((resolve, reject) => {
    consumer.on(consumer.events.CRASH, ({ payload }) => reject(payload.error))
    void consumer.run({
      eachBatch: async ({ batch }) => {
        if (firstAtMs === 0) {
          firstAtMs = performance.now()
          skipped = batch.messages.length
        }
        count += batch.messages.length
        if (count >= work.records) resolve()
      },
    })
  })
  return { recordsPerSecond: ((count - skipped) * 1000) / (performance.now() - firstAtMs) }
}
