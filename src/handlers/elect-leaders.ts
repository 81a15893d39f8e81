import type { PartitionChange } from '../engine/metadata-store.js'
import { inTurns } from '../time/turns.js'
import { electLeaders } from '../wire/apis/elect-leaders.js'
import { errorCodes, KafkaError } from '../wire/errors.js'
import type { RequestOf } from '../wire/schema.js'
import { handler, type RequestContext } from './shared/handler.js'
import { changeEachPartition } from './shared/partition-changes.js'

const preferred = 0
const unclean = 1

/**
 * Gives leadership back to preferred replicas, or to any replica that lives (all share one storage, so none is
 * unclean).
 */
export const electLeadersHandler = handler({
  api: electLeaders,

  async handle(request, context) {
    if (request.electionType !== preferred && request.electionType !== unclean) {
      throw new KafkaError('INVALID_REQUEST', `There is no election type ${request.electionType}.`)
    }
    const { electionType } = request
    const elected = await changeEachPartition(
      wanted(request, context),
      (name, index) => election(name, index, electionType, context),
      context,
    )
    const all = request.topicPartitions === null
    const replicaElectionResults = await inTurns(elected, ({ name, answers }) => {
      const results = answers.map(([partitionId, answer]) => ({ partitionId, ...answer }))
      const isIdle = ({ errorCode }: (typeof results)[number]) => errorCode === errorCodes.ELECTION_NOT_NEEDED
      return { topic: name, partitionResult: all ? results.filter(each => !isIdle(each)) : results }
    })
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
  request.topicPartitions?.map(({ topic, partitions }) => ({ name: topic, partitions })) ??
  [...broker.metadata.topics()].map(({ name, partitions }) => ({
    name,
    partitions: partitions.map(partition => partition.index),
  }))

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
