import type { Move } from '../engine/log-engine.js'
import { alterReplicaLogDirs } from '../wire/apis/alter-replica-log-dirs.js'
import { type ErrorName, errorCodes, KafkaError } from '../wire/errors.js'
import type { RequestOf } from '../wire/schema.js'
import { handler, type RequestContext } from './handler.js'

type Request = RequestOf<typeof alterReplicaLogDirs>

/** Begins to move partitions to other data directories; DescribeLogDirs tells how far they are (KIP-113). */
export const alterReplicaLogDirsHandler = handler({
  api: alterReplicaLogDirs,

  async handle(request, context) {
    const paths = request.dirs.map(({ path }) => path)
    const checked = await context.broker.log.checkLogDirs(paths)
    const places = request.dirs.map(({ path, topics }, d) =>
      topics.map(({ name, partitions }) =>
        partitions.map(partition => checked[d] ?? place(path, name, partition, context)),
      ),
    )
    const moves = places.flat(2).filter(isMove)
    const outcomes = (await context.broker.log.move(moves)).values()
    return answer(request, (d, t, p) => {
      const each = places[d]?.[t]?.[p] as Move | KafkaError
      const error = each instanceof KafkaError ? each : outcomes.next().value
      return error instanceof KafkaError ? error.errorName : 'NONE'
    })
  },

  refuse: (request, error) => answer(request, () => error.errorName),
})

const isMove = (each: Move | KafkaError): each is Move => !(each instanceof KafkaError)

/** Where the partition is to go, or why it is not to. */
function place(path: string, name: string, partition: number, context: RequestContext): Move | KafkaError {
  const { broker, connection } = context
  const topic = broker.metadata.topic(name)
  const state = topic?.partitions[partition]
  if (!topic || !state) return new KafkaError('UNKNOWN_TOPIC_OR_PARTITION')
  if (!state.replicas.includes(connection.nodeId)) return new KafkaError('REPLICA_NOT_AVAILABLE')
  return { target: { topicId: topic.id, partition }, path }
}

/** Directories are asked, topics are answered. */
function answer({ dirs }: Request, errorOf: (dir: number, topic: number, partition: number) => ErrorName) {
  const results = new Map<string, { partitionIndex: number; errorCode: number }[]>()
  for (const [d, { topics }] of dirs.entries()) {
    for (const [t, { name, partitions }] of topics.entries()) {
      const outcomes = results.get(name) ?? []
      for (const [p, partitionIndex] of partitions.entries()) {
        outcomes.push({ partitionIndex, errorCode: errorCodes[errorOf(d, t, p)] })
      }
      results.set(name, outcomes)
    }
  }
  return {
    throttleTimeMs: 0,
    results: [...results].map(([topicName, partitions]) => ({ topicName, partitions })),
  }
}
