import { alterReplicaLogDirs } from '../wire/apis/alter-replica-log-dirs.js'
import { type ErrorName, errorCodes, KafkaError } from '../wire/errors.js'
import type { RequestOf } from '../wire/schema.js'
import { handler, type RequestContext } from './handler.js'

type Request = RequestOf<typeof alterReplicaLogDirs>

/** Begins to move partitions to other data directories; DescribeLogDirs tells how far they are (KIP-113). */
export const alterReplicaLogDirsHandler = handler({
  api: alterReplicaLogDirs,

  async handle(request, context) {
    return answer(request, (path, topic, partition) => begin(path, topic, partition, context))
  },

  refuse: (request, error) => answer(request, () => error.errorName),
})

/** Directories are asked, topics are answered. */
function answer({ dirs }: Request, errorOf: (path: string, topic: string, partition: number) => ErrorName) {
  const results = new Map<string, { partitionIndex: number; errorCode: number }[]>()
  for (const { path, topics } of dirs) {
    for (const { name, partitions } of topics) {
      const outcomes = results.get(name) ?? []
      for (const partitionIndex of partitions) {
        outcomes.push({ partitionIndex, errorCode: errorCodes[errorOf(path, name, partitionIndex)] })
      }
      results.set(name, outcomes)
    }
  }
  return {
    throttleTimeMs: 0,
    results: [...results].map(([topicName, partitions]) => ({ topicName, partitions })),
  }
}

function begin(path: string, name: string, partition: number, context: RequestContext): ErrorName {
  const { broker, connection } = context
  try {
    broker.log.checkLogDir(path)
    const topic = broker.metadata.topic(name)
    const state = topic?.partitions[partition]
    if (!topic || !state) throw new KafkaError('UNKNOWN_TOPIC_OR_PARTITION')
    if (!state.replicas.includes(connection.nodeId)) throw new KafkaError('REPLICA_NOT_AVAILABLE')
    broker.log.move({ topicId: topic.id, partition }, path)
    return 'NONE'
  } catch (thrown) {
    return context.explain(thrown).errorName
  }
}
