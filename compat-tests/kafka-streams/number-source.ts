import { setTimeout as sleep } from 'node:timers/promises'
import kafkajs from 'kafkajs'

const batch = 20
const pauseMs = 100

/** Writes 0, 1, 2… to a topic, about 200 in a second as VerifiableProducer does, until the function it gives is called. */
export async function writeNumbers(bootstrap: string, topic: string): Promise<() => Promise<void>> {
  const kafka = new kafkajs.Kafka({ brokers: [bootstrap], logLevel: kafkajs.logLevel.NOTHING })
  const producer = kafka.producer()
  await producer.connect()
  let isOver = false
  const write = async () => {
    for (let next = 0; !isOver; next += batch) {
      const messages = Array.from({ length: batch }, (_, i) => ({ value: String(next + i) }))
      await producer.send({ topic, acks: 1, messages })
      await sleep(pauseMs)
    }
  }
  const written = write()
  return async () => {
    isOver = true
    await written
    await producer.disconnect()
  }
}
