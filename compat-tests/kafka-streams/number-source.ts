import { setTimeout as sleep } from 'node:timers/promises'
import kafkajs from 'kafkajs'
import type { JavaStage } from '../support/java-stage.js'

const batch = 20
const pauseMs = 100

/** Writes 0, 1, 2… to a topic until the stage closes, about 200 in a second; VerifiableProducer does the same. */
export async function writeNumbers(stage: JavaStage, topic: string): Promise<void> {
  const kafka = new kafkajs.Kafka({ brokers: [stage.bootstrap], logLevel: kafkajs.logLevel.NOTHING })
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
  stage.beforeEnd(async () => {
    isOver = true
    await written
    await producer.disconnect()
  })
}
