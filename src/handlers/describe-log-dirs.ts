import type { StoredReplica, TopicPartition } from '../engine/log-engine.js'
import { Turns } from '../time/turns.js'
import { describeLogDirs } from '../wire/apis/describe-log-dirs.js'
import { errorCodes } from '../wire/errors.js'
import type { RequestOf } from '../wire/schema.js'
import { handler, type RequestContext } from './shared/handler.js'

type Request = RequestOf<typeof describeLogDirs>

/** Tells the data directories, their partitions with their sizes, and the room left in each (KIP-113, KIP-827). */
export const describeLogDirsHandler = handler({
  api: describeLogDirs,

  async handle(request, context) {
    const turns = new Turns()
    const directories = await context.broker.log.describe()
    const wanted = await asked(request, turns)
    const written = new Set<string>()
    const results = []
    for (const { path, failure, replicas, totalBytes, usableBytes } of directories) {
      const found = new Found(wanted, context)
      for (const each of replicas) {
        written.add(keyOf(each.target))
        found.add(each)
        const pause = turns.pause()
        if (pause) await pause
      }
      const errorCode = failure === null ? errorCodes.NONE : errorCodes.KAFKA_STORAGE_ERROR
      results.push({ errorCode, logDir: path, found, totalBytes, usableBytes })
    }
    for (const each of unwritten(written, context)) {
      results[0]?.found.add(each)
      const pause = turns.pause()
      if (pause) await pause
    }
    return {
      throttleTimeMs: 0,
      errorCode: errorCodes.NONE,
      results: results.map(({ found, ...told }) => ({ ...told, topics: found.topics() })),
    }
  },

  refuse: (_request, error) => ({ throttleTimeMs: 0, errorCode: error.code, results: [] }),
})

const keyOf = ({ topicId, partition }: TopicPartition): string => `${topicId}/${partition}`

/** Gives the partitions that nothing was ever written to. They lie in no directory, and are told with the first one. */
function* unwritten(written: ReadonlySet<string>, { broker }: RequestContext): Generator<StoredReplica> {
  for (const { id, partitions } of broker.metadata.topics()) {
    for (const { index } of partitions) {
      const target = { topicId: id, partition: index }
      if (!written.has(keyOf(target))) yield { target, sizeBytes: 0n, isFuture: false }
    }
  }
}

type Wanted = ReadonlyMap<string, ReadonlySet<number>> | null

/** Returns what is asked for, null where it is everything. The last counts where a topic is named twice. */
async function asked({ topics }: Request, turns: Turns): Promise<Wanted> {
  if (topics === null) return null
  const wanted = new Map<string, Set<number>>()
  for (const { topic, partitions } of topics) {
    const known = new Set<number>()
    for (const partition of partitions) {
      known.add(partition)
      const pause = turns.pause()
      if (pause) await pause
    }
    wanted.set(topic, known)
  }
  return wanted
}

/** Gathers the partitions that are asked for, lie in one directory and have a replica on this node. */
class Found {
  readonly #sizes = new Map<string, PartitionSize[]>()

  constructor(
    private readonly wanted: Wanted,
    private readonly context: RequestContext,
  ) {}

  add({ target, sizeBytes, isFuture }: StoredReplica): void {
    const { broker, connection } = this.context
    const topic = broker.metadata.topicById(target.topicId)
    const partition = topic?.partitions[target.partition]
    if (!topic || !partition?.replicas.includes(connection.nodeId)) return
    if (this.wanted && !this.wanted.get(topic.name)?.has(partition.index)) return
    const sizes = this.#sizes.get(topic.name) ?? []
    this.#sizes.set(topic.name, sizes)
    sizes.push({
      partitionIndex: partition.index,
      partitionSize: sizeBytes,
      offsetLag: 0n,
      isFutureKey: isFuture,
    })
  }

  topics() {
    return Array.from(this.#sizes, ([name, partitions]) => ({ name, partitions }))
  }
}

interface PartitionSize {
  readonly partitionIndex: number
  readonly partitionSize: bigint
  readonly offsetLag: bigint
  readonly isFutureKey: boolean
}
