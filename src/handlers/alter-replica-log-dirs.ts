import type { Move } from '../engine/log-engine.js'
import { inTurns, Turns } from '../time/turns.js'
import { alterReplicaLogDirs } from '../wire/apis/alter-replica-log-dirs.js'
import { type ErrorName, errorCodes, KafkaError } from '../wire/errors.js'
import type { RequestOf } from '../wire/schema.js'
import { handler, type RequestContext } from './handler.js'

type Request = RequestOf<typeof alterReplicaLogDirs>

/** Begins to move partitions to other data directories; DescribeLogDirs tells how far they are (KIP-113). */
export const alterReplicaLogDirsHandler = handler({
  api: alterReplicaLogDirs,

  async handle(request, context) {
    const { log } = context.broker
    const wanted = await read(request)
    const refusals = await log.checkLogDirs(request.dirs.map(({ path }) => path))
    const places = await inTurns(wanted, each => refusals[each.dir] ?? place(each, request, context))
    const outcomes = (await log.move(places.filter(isMove))).values()
    return answer(wanted, i => {
      const each = places[i] as Move | KafkaError
      const error = isMove(each) ? outcomes.next().value : each
      return error instanceof KafkaError ? error.errorName : 'NONE'
    })
  },

  refuse: ({ dirs }, { errorName }) =>
    answer(
      dirs.flatMap(({ topics }, dir) =>
        topics.flatMap(({ name, partitions }) => partitions.map(partition => ({ dir, name, partition }))),
      ),
      () => errorName,
    ),
})

interface Wanted {
  /** Which of the directories it is to go to. */
  readonly dir: number
  readonly name: string
  readonly partition: number
}

/** Each partition once; as in Kafka the directory named last counts. */
async function read({ dirs }: Request): Promise<readonly Wanted[]> {
  const wanted = new Map<string, Wanted>()
  const turns = new Turns()
  for (const [dir, { topics }] of dirs.entries()) {
    for (const { name, partitions } of topics) {
      const add = (partition: number) => wanted.set(`${name}/${partition}`, { dir, name, partition })
      await inTurns(partitions, add, turns)
    }
  }
  return [...wanted.values()]
}

const isMove = (each: Move | KafkaError): each is Move => !(each instanceof KafkaError)

/** Where the partition is to go, or why it is not to. */
function place({ dir, name, partition }: Wanted, { dirs }: Request, context: RequestContext) {
  const { broker, connection } = context
  const topic = broker.metadata.topic(name)
  const state = topic?.partitions[partition]
  if (!topic || !state) return new KafkaError('UNKNOWN_TOPIC_OR_PARTITION')
  if (!state.replicas.includes(connection.nodeId)) return new KafkaError('REPLICA_NOT_AVAILABLE')
  return { target: { topicId: topic.id, partition }, path: dirs[dir]?.path as string }
}

/** Directories are asked, topics are answered. */
function answer(wanted: readonly Wanted[], errorOf: (index: number) => ErrorName) {
  const results = new Map<string, { partitionIndex: number; errorCode: number }[]>()
  for (const [i, { name, partition: partitionIndex }] of wanted.entries()) {
    const outcome = { partitionIndex, errorCode: errorCodes[errorOf(i)] }
    const outcomes = results.get(name)
    if (outcomes) outcomes.push(outcome)
    else results.set(name, [outcome])
  }
  return {
    throttleTimeMs: 0,
    results: [...results].map(([topicName, partitions]) => ({ topicName, partitions })),
  }
}
