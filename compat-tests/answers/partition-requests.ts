import { deleteRecords } from '../../src/wire/apis/delete-records.js'
import { fetch } from '../../src/wire/apis/fetch.js'
import { listOffsets } from '../../src/wire/apis/list-offsets.js'
import { produce } from '../../src/wire/apis/produce.js'
import { batchOf } from './batches.js'
import type { MadeTopic, Stage } from './stage.js'

/** A topic that is on no broker. */
export const unknown: MadeTopic = { name: 'no-such-topic', id: Buffer.alloc(16, 7).toString('base64url') }

interface How {
  readonly partition?: number
  readonly acks?: number
  readonly timeoutMs?: number
  readonly transactionalId?: string
}

/** A request that appends these bytes to one partition. */
export const to = ({ name, id }: MadeTopic, records: Buffer | null, how: How = {}) => ({
  transactionalId: how.transactionalId ?? null,
  acks: how.acks ?? -1,
  timeoutMs: how.timeoutMs ?? 5000,
  topicData: [{ name, topicId: id, partitionData: [{ index: how.partition ?? 0, records }] }],
})

/** One topic, and these batches for its partitions in this order. */
export const toAll = ({ name, id }: MadeTopic, batches: readonly (readonly [number, Buffer | null])[]) => ({
  acks: -1,
  timeoutMs: 5000,
  topicData: [{ name, topicId: id, partitionData: batches.map(([index, records]) => ({ index, records })) }],
})

/** Writes a batch of these values, which is no part of the comparison. */
export const written = (at: Stage, topic: MadeTopic, values: readonly string[], partition = 0) =>
  at.quietly(produce, 12, to(topic, batchOf(values), { partition }))

/** Asks for the end of the partition. */
export const endOf = (at: Stage, { name }: MadeTopic) =>
  at.ask(listOffsets, 5, {
    replicaId: -1,
    topics: [{ name, partitions: [{ partitionIndex: 0, timestamp: -1n }] }],
  })

/** Reads the bytes of the partition. */
export const storedIn = (at: Stage, { name }: MadeTopic, isolationLevel = 0) =>
  at.ask(fetch, 11, {
    maxWaitMs: 0,
    minBytes: 0,
    isolationLevel,
    sessionId: 0,
    topics: [{ topic: name, partitions: [{ partition: 0, fetchOffset: 0n, partitionMaxBytes: 1_000_000 }] }],
  })

/** Deletes records before an offset, which is no part of the comparison. */
export async function deleted(at: Stage, { name }: MadeTopic, offset: bigint): Promise<void> {
  const partitions = [{ partitionIndex: 0, offset }]
  await at.quietly(deleteRecords, 2, { topics: [{ name, partitions }], timeoutMs: 5000 })
}
