/** Copies `in` to `out` with kafkajs, exactly once; its arguments and its output are described in ../copier.ts. */
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import kafkajs, { type EachBatchPayload, type Transaction } from 'kafkajs'
import { random } from '../../support/bad-network.js'

const { logLevel } = kafkajs
const [, , bootstrap, transactionalId, groupId, seed, abortPercent, timeoutMs] = process.argv as string[]
const leavingMs = 3_000
const below = random(Number(seed))
const say = (line: object) => process.stdout.write(`${JSON.stringify(line)}\n`)

let held: Promise<void> | null = null
let release = () => {}
createInterface({ input: process.stdin }).on('line', line => {
  release()
  held =
    line === 'hold'
      ? new Promise(resolve => {
          release = resolve
        })
      : null
})

const kafka = new kafkajs.Kafka({
  brokers: [bootstrap as string],
  logLevel: logLevel.NOTHING,
  retry: { initialRetryTime: 50, maxRetryTime: 500, retries: 100 },
})
const producer = kafka.producer({
  transactionalId: transactionalId as string,
  idempotent: true,
  maxInFlightRequests: 1,
  transactionTimeout: Number(timeoutMs),
})
const consumer = kafka.consumer({
  groupId: groupId as string,
  maxWaitTimeInMs: 200,
  sessionTimeout: 3_000, // for so long the one that comes after a death has to wait
  heartbeatInterval: 500,
})

// kafkajs knows nothing of a group's generations in transactions, nor of stable offsets: a process that takes over
// fences the one before and ends the transaction that it left open, and only then asks for the group's offsets.
await producer.connect()
await (await producer.transaction()).abort()
await consumer.connect()
await consumer.subscribe({ topic: 'in', fromBeginning: true })
consumer.on(consumer.events.GROUP_JOIN, () => say({ ready: true }))
await consumer.run({ autoCommit: false, eachBatchAutoResolve: false, eachBatch: copyBatch })
process.on('SIGTERM', async () => {
  await consumer.disconnect()
  await producer.disconnect()
  process.exit(0)
})

async function copyBatch({
  batch,
  isRunning,
  isStale,
  resolveOffset,
  heartbeat,
}: EachBatchPayload): Promise<void> {
  const { topic, partition, messages } = batch
  for (let at = 0; at < messages.length && isRunning() && !isStale(); ) {
    const some = messages.slice(at, at + below(1, 60))
    const last = some.at(-1)?.offset as string
    const transaction = await producer.transaction()
    try {
      const copies = some.map(({ key, value }) => ({ key, value, partition }))
      await transaction.send({ topic: 'out', messages: copies })
      await transaction.sendOffsets({
        consumerGroupId: groupId as string,
        topics: [{ topic, partitions: [{ partition, offset: String(BigInt(last) + 1n) }] }],
      })
      if (await ended(transaction, some.length)) {
        resolveOffset(last)
        at += some.length
      }
    } catch (thrown) {
      return giveUp(thrown as Error & { type?: string })
    }
    await heartbeat()
  }
}

/** Ends the transaction; true where it was committed. */
async function ended(transaction: Transaction, count: number): Promise<boolean> {
  say({ sent: count })
  if (held) {
    say({ held: true })
    await held
  }
  const aborts = below(0, 100) < Number(abortPercent)
  await (aborts ? transaction.abort() : transaction.commit())
  say(aborts ? { aborted: count } : { committed: count })
  return !aborts
}

/**
 * Gives up, as kafkajs has no way on after an error here: another process begins anew, and need not wait for the end of
 * this one's membership.
 */
function giveUp({ type, message, stack }: Error & { type?: string }): void {
  process.stderr.write(`${stack}\n`)
  const isFenced = type === 'PRODUCER_FENCED' || type === 'INVALID_PRODUCER_EPOCH'
  say(isFenced ? { fenced: type } : { failed: message })
  const left = Promise.race([consumer.disconnect(), sleep(leavingMs)])
  void left.catch(() => {}).finally(() => process.exit(isFenced ? 3 : 1))
}
