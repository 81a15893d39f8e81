/** One member of the cities' group, in a process of its own so that it can be killed: prints what it reads. */
import kafkajs from 'kafkajs'
import snappy from 'kafkajs-snappy'

const { CompressionCodecs, CompressionTypes, logLevel } = kafkajs
CompressionCodecs[CompressionTypes.Snappy] = snappy

const [, , bootstrap, topic, groupId, clientId] = process.argv as string[]
const kafka = new kafkajs.Kafka({
  clientId: clientId as string,
  brokers: [bootstrap as string],
  logLevel: logLevel.NOTHING,
  retry: { initialRetryTime: 50, maxRetryTime: 500, retries: 100 },
})
const consumer = kafka.consumer({ groupId: groupId as string, maxWaitTimeInMs: 500 })
consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
  const partitions = payload.memberAssignment[topic as string] ?? []
  process.stdout.write(`${JSON.stringify({ joined: partitions })}\n`)
})
await consumer.connect()
await consumer.subscribe({ topic: topic as string, fromBeginning: true })
await consumer.run({
  autoCommitInterval: 200,
  eachBatch: async ({ batch, resolveOffset, heartbeat, commitOffsetsIfNecessary }) => {
    const read = batch.messages.map(message => [message.offset, message.key?.toString()])
    process.stdout.write(`${JSON.stringify({ partition: batch.partition, read })}\n`)
    for (const message of batch.messages) resolveOffset(message.offset)
    await heartbeat()
    await commitOffsetsIfNecessary()
  },
})
process.on('SIGTERM', async () => {
  await consumer.disconnect()
  process.exit(0)
})
