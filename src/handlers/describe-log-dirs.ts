import type { StoredReplica, TopicPartition } from '../engine/log-engine.js'
import { describeLogDirs } from '../wire/apis/describe-log-dirs.js'
import { errorCodes } from '../wire/errors.js'
import type { RequestOf } from '../wire/schema.js'
import { handler, type RequestContext } from './handler.js'

type Request = RequestOf<typeof describeLogDirs>

/** Tells the data directories, their partitions with their sizes, and the room that is left in each (KIP-113, KIP-827). */
export const describeLogDirsHandler = handler({
  api: describeLogDirs,

  async handle(request, context) {
    const directories = await context.broker.log.describe()
    const written = new Set(
      directories.flatMap(({ replicas }) => replicas.map(({ target }) => keyOf(target))),
    )
    return {
      throttleTimeMs: 0,
      errorCode: errorCodes.NONE,
      results: directories.map((directory, i) => ({
        errorCode: directory.failure === null ? errorCodes.NONE : errorCodes.KAFKA_STORAGE_ERROR,
        logDir: directory.path,
        topics: topicsOf(
          [...directory.replicas, ...(i === 0 ? unwritten(written, context) : [])],
          request,
          context,
        ),
        totalBytes: directory.totalBytes,
        usableBytes: directory.usableBytes,
      })),
    }
  },

  refuse: (_request, error) => ({ throttleTimeMs: 0, errorCode: error.code, results: [] }),
})

const keyOf = ({ topicId, partition }: TopicPartition): string => `${topicId}/${partition}`

/** Partitions that nothing was ever written to lie nowhere; they are told with the first directory. */
function* unwritten(written: ReadonlySet<string>, { broker }: RequestContext): Generator<StoredReplica> {
  for (const { id, partitions } of broker.metadata.topics()) {
    for (const { index } of partitions) {
      const target = { topicId: id, partition: index }
      if (!written.has(keyOf(target))) yield { target, sizeBytes: 0n, isFuture: false }
    }
  }
}

/** What was asked for, and what this node holds a replica of. */
function topicsOf(
  replicas: readonly StoredReplica[],
  { topics }: Request,
  { broker, connection }: RequestContext,
) {
  const wanted = topics === null ? null : new Map(topics.map(each => [each.topic, new Set(each.partitions)]))
  const found = new Map<string, PartitionSize[]>()
  for (const { target, sizeBytes, isFuture } of replicas) {
    const topic = broker.metadata.topicById(target.topicId)
    const partition = topic?.partitions[target.partition]
    if (!topic || !partition?.replicas.includes(connection.nodeId)) continue
    if (wanted && !wanted.get(topic.name)?.has(partition.index)) continue
    const sizes = found.get(topic.name) ?? []
    sizes.push({
      partitionIndex: partition.index,
      partitionSize: sizeBytes,
      offsetLag: 0n,
      isFutureKey: isFuture,
    })
    found.set(topic.name, sizes)
  }
  return [...found].map(([name, partitions]) => ({ name, partitions }))
}

interface PartitionSize {
  readonly partitionIndex: number
  readonly partitionSize: bigint
  readonly offsetLag: bigint
  readonly isFutureKey: boolean
}
