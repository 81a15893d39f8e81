import type { Move } from '../engine/log-engine.js'
import { inTurns, Turns } from '../time/turns.js'
import { alterReplicaLogDirs } from '../wire/apis/alter-replica-log-dirs.js'
import { type ErrorName, errorCodes, KafkaError } from '../wire/errors.js'
import type { RequestOf } from '../wire/schema.js'
import { handler, type RequestContext } from './shared/handler.js'

type Request = RequestOf<typeof alterReplicaLogDirs>

/** Begins to move partitions to other data directories; DescribeLogDirs tells how far they are (KIP-113). */
export const alterReplicaLogDirsHandler = handler({
  api: alterReplicaLogDirs,

  async handle(request, context) {
    const { log } = context.broker
    const turns = new Turns()
    const wanted = await read(request, turns)
    const refusals = await log.checkLogDirs(request.dirs.map(({ path }) => path))
    const places = await inTurns(wanted, each => refusals[each.dir] ?? place(each, request, context), turns)
    const outcomes = (await log.move(places.filter(isMove))).values()
    const answers = new Answers()
    for (const [i, each] of wanted.entries()) {
      const found = places[i] as Move | KafkaError
      const error = isMove(found) ? outcomes.next().value : found
      answers.add(each, error instanceof KafkaError ? error.errorName : 'NONE')
      const pause = turns.pause()
      if (pause) await pause
    }
    return answers.all()
  },

  refuse({ dirs }, { errorName }) {
    const answers = new Answers()
    for (const [dir, { topics }] of dirs.entries()) {
      for (const { name, partitions } of topics) {
        for (const partition of partitions) answers.add({ dir, name, partition }, errorName)
      }
    }
    return answers.all()
  },
})

interface Wanted {
  /** The index of the directory that it is to go to. */
  readonly dir: number
  readonly name: string
  readonly partition: number
}

/** Reads each partition once; as in Kafka the directory named last counts. */
async function read({ dirs }: Request, turns: Turns): Promise<readonly Wanted[]> {
  const wanted = new Map<string, Wanted>()
  for (const [dir, { topics }] of dirs.entries()) {
    for (const { name, partitions } of topics) {
      const add = (partition: number) => wanted.set(`${name}/${partition}`, { dir, name, partition })
      await inTurns(partitions, add, turns)
    }
  }
  return [...wanted.values()]
}

const isMove = (each: Move | KafkaError): each is Move => !(each instanceof KafkaError)

/** Returns the place to which the partition goes, or the reason why it does not. */
function place({ dir, name, partition }: Wanted, { dirs }: Request, context: RequestContext) {
  const { broker, connection } = context
  const topic = broker.metadata.topic(name)
  const state = topic?.partitions[partition]
  if (!topic || !state) return new KafkaError('UNKNOWN_TOPIC_OR_PARTITION')
  if (!state.replicas.includes(connection.nodeId)) return new KafkaError('REPLICA_NOT_AVAILABLE')
  return { target: { topicId: topic.id, partition }, path: dirs[dir]?.path as string }
}

/** Groups the answers by topic: requests go by directory, responses by topic. */
class Answers {
  readonly #results = new Map<string, { partitionIndex: number; errorCode: number }[]>()

  add({ name, partition: partitionIndex }: Wanted, error: ErrorName): void {
    const outcome = { partitionIndex, errorCode: errorCodes[error] }
    const known = this.#results.get(name)
    if (known) known.push(outcome)
    else this.#results.set(name, [outcome])
  }

  all() {
    const results = Array.from(this.#results, ([topicName, partitions]) => ({ topicName, partitions }))
    return { throttleTimeMs: 0, results }
  }
}
