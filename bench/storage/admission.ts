import { assemble } from '../../src/broker/assemble.js'
import { resolve } from '../../src/config/resolve.js'
import { dispatcher } from '../../src/dispatch/dispatch.js'
import type { Connection } from '../../src/handlers/shared/connection.js'
import { buildBatch } from '../../src/records/record-batch.js'
import { createWantedTopics } from '../../src/topics/startup-topics.js'
import { produce } from '../../src/wire/apis/produce.js'
import { errorCodes } from '../../src/wire/errors.js'
import { decodeResponse, encodeRequest } from '../../src/wire/message-frame.js'

const version = 9

interface Load {
  readonly what: string
  readonly batches: number
  readonly records: number
  readonly valueBytes: number
  readonly codec?: number
  readonly topic?: 'letters' | 'compacted'
}

const connection: Connection = {
  id: 1,
  nodeId: 1,
  localAddress: '127.0.0.1',
  localPort: 9092,
  remoteAddress: '127.0.0.1',
  remotePort: 50_000,
  isClosed: false,
  takenBytes: 0,
  onHurry() {},
  holds() {},
  onSent() {},
  mute() {},
  free() {},
}

/**
 * Measures the cost of batches that are admitted and appended: requests through the dispatcher, in this process, into
 * memory.
 */
export async function admission(loads: readonly Load[]): Promise<void> {
  console.log('\n| batches through the dispatcher into memory | us of the processor for each | s |')
  console.log('|---|---|---|')
  for (const load of loads) await measure(load)
}

async function measure(load: Load): Promise<void> {
  const set = {
    'node.id': connection.nodeId,
    'ottla.memory.max.bytes': 2 ** 32,
    'log.retention.bytes': 64 << 20,
    'log.segment.bytes': 16 << 20,
    'log.segment.delete.delay.ms': 0,
    'log.retention.check.interval.ms': 100,
    'log.cleaner.enable': false,
  }
  const options = resolve({ topics: ['letters', 'compacted:1:1:compact'], set })
  const parts = await assemble(options)
  await parts.cluster.begin(parts.metadata)
  const later = { lacksRoom: async () => false, background: parts.background }
  await createWantedTopics(options.topics, parts, later)
  const dispatch = dispatcher(parts)
  const frame = await frameOf(load)
  const sent = Buffer.from(frame)
  const send = async (times: number) => {
    for (let i = 0; i < times; i++) {
      sent.set(frame) // what is appended is stamped where it lies
      const reply = await dispatch(sent, connection)
      if (i === 0) mustBeAppended(Buffer.concat(reply ?? []))
      if (i % 1000 === 0) await new Promise(resolve => setImmediate(resolve))
    }
  }
  await send(Math.ceil(load.batches / 10))
  const [before, startedAtMs] = [process.cpuUsage(), performance.now()]
  await send(load.batches)
  const { user, system } = process.cpuUsage(before)
  const seconds = (performance.now() - startedAtMs) / 1000
  console.log(`| ${load.what} | ${((user + system) / load.batches).toFixed(2)} | ${seconds.toFixed(2)} |`)
  await parts.log.close()
  parts.clock.stop?.()
}

async function frameOf({ records, valueBytes, codec = 0, topic = 'letters' }: Load): Promise<Buffer> {
  const timestampMs = BigInt(Date.now())
  const value = Buffer.alloc(valueBytes, 'some text that is compressed well enough, ')
  const batch = await buildBatch({
    codec,
    records: Array.from({ length: records }, (_, i) => ({
      timestampMs,
      key: Buffer.from(`key-${i}`),
      value,
    })),
  })
  const topicData = [{ name: topic, partitionData: [{ index: 0, records: batch }] }]
  const head = { correlationId: 7, clientId: 'bench' }
  return encodeRequest(produce, version, head, { acks: 1, timeoutMs: 1000, topicData })
}

function mustBeAppended(reply: Buffer): void {
  const { responses } = decodeResponse(produce, version, reply).response
  const { errorCode } = responses[0]?.partitionResponses[0] ?? {}
  if (errorCode !== errorCodes.NONE) throw new Error(`a batch was answered with error ${errorCode}`)
}
