/**
 * Writes 1 MB of records a second with keys that come again, until it is ended. Its argument names `bootstrap` and
 * `topic`.
 */
import { setTimeout as pause } from 'node:timers/promises'
import kafkajs from 'kafkajs'

const { bootstrap, topic } = JSON.parse(process.argv[2] as string) as { bootstrap: string; topic: string }
const keys = 50_000
const recordsPerRequest = 100
const everyMs = 50
const value = Buffer.alloc(500, 'x')

const { Partitioners, logLevel } = kafkajs
const kafka = new kafkajs.Kafka({ brokers: [bootstrap], logLevel: logLevel.ERROR })
const producer = kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner })
await producer.connect()
console.log('ready')
for (;;) {
  const messages = Array.from({ length: recordsPerRequest }, () => ({
    key: String(Math.floor(Math.random() * keys)),
    value,
  }))
  await Promise.all([producer.send({ topic, messages }), pause(everyMs)])
}
