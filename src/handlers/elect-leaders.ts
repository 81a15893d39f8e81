import type { PartitionChange } from '../engine/metadata.js'
import { inTurns, Turns } from '../time/turns.js'
import { electLeaders } from '../wire/apis/elect-leaders.js'
import { errorCodes, KafkaError } from '../wire/errors.js'
import type { RequestOf } from '../wire/schema.js'
import { failure, handler, type RequestContext, success } from './handler.js'

const preferred = 0
const unclean = 1

/** Gives leadership back to preferred replicas, or to whichever replica lives (all share one storage, so none is unclean). */
export const electLeadersHandler = handler({
  api: electLeaders,

  async handle(request, context) {
    if (request.electionType !== preferred && request.electionType !== unclean) {
      throw new KafkaError('INVALID_REQUEST', `There is no election type ${request.electionType}.`)
    }
    const all = request.topicPartitions === null
    const turns = new Turns()
    const replicaElectionResults = await inTurns(
      wanted(request, context),
      async ({ topic, partitions }) => {
        const elected = async (partitionId: number) => ({
          partitionId,
          ...(await elect(topic, partitionId, request.electionType, context)),
        })
        const results = await inTurns(partitions, elected, turns)
        const isIdle = ({ errorCode }: (typeof results)[number]) =>
          errorCode === errorCodes.ELECTION_NOT_NEEDED
        return { topic, partitionResult: all ? results.filter(each => !isIdle(each)) : results }
      },
      turns,
    )
    return { throttleTimeMs: 0, replicaElectionResults }
  },

  refuse: (request, error) => ({
    throttleTimeMs: 0,
    errorCode: error.code,
    replicaElectionResults: (request.topicPartitions ?? []).map(({ topic, partitions }) => ({
      topic,
      partitionResult: partitions.map(partitionId => ({
        partitionId,
        errorCode: error.code,
        errorMessage: error.message,
      })),
    })),
  }),
})

const wanted = (request: RequestOf<typeof electLeaders>, { broker }: RequestContext) =>
  request.topicPartitions ??
  [...broker.metadata.topics()].map(topic => ({
    topic: topic.name,
    partitions: topic.partitions.map(partition => partition.index),
  }))

async function elect(name: string, index: number, type: number, context: RequestContext) {
  try {
    await context.broker.metadata.changePartitions(() => [election(name, index, type, context)])
    return success
  } catch (thrown) {
    return failure(thrown, context)
  }
}

function election(name: string, index: number, type: number, { broker }: RequestContext): PartitionChange {
  const { metadata, cluster } = broker
  const topic = metadata.topic(name)
  const partition = topic?.partitions[index]
  if (!topic) throw new KafkaError('UNKNOWN_TOPIC_OR_PARTITION', `No such topic as ${name}`)
  if (!partition) throw new KafkaError('UNKNOWN_TOPIC_OR_PARTITION', `No such partition as ${name}-${index}`)
  const alive = new Set(cluster.nodes().flatMap(node => (node.alive ? [node.id] : [])))
  const [first] = partition.replicas
  const leader = type === preferred ? first : partition.replicas.find(id => alive.has(id))
  const settled = type === preferred ? partition.leader === first : partition.leader >= 0
  if (settled) {
    throw new KafkaError('ELECTION_NOT_NEEDED', `${name}-${index} has the leader that it should have.`)
  }
  if (leader === undefined || !alive.has(leader)) {
    throw new KafkaError(
      type === preferred ? 'PREFERRED_LEADER_NOT_AVAILABLE' : 'ELIGIBLE_LEADERS_NOT_AVAILABLE',
    )
  }
  return { topicId: topic.id, index, leader }
}
