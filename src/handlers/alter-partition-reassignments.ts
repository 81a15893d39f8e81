import type { PartitionChange } from '../engine/metadata-store.js'
import { inTurns } from '../time/turns.js'
import { checkReplicas } from '../topics/placement.js'
import { alterPartitionReassignments } from '../wire/apis/alter-partition-reassignments.js'
import { errorCodes, KafkaError } from '../wire/errors.js'
import type { RequestOf } from '../wire/schema.js'
import { handler, type RequestContext } from './shared/handler.js'
import { changeEachPartition } from './shared/partition-changes.js'

type Request = RequestOf<typeof alterPartitionReassignments>
type Partition = Request['topics'][number]['partitions'][number]

/** Moves replicas (KIP-455). The nodes share one storage, so a move is finished when it is answered. */
export const alterPartitionReassignmentsHandler = handler({
  api: alterPartitionReassignments,

  async handle(request, context) {
    const moved = await changeEachPartition(
      request.topics,
      (name, partition) => reassigned(name, partition, request, context),
      context,
    )
    const responses = await inTurns(moved, ({ name, answers }) => ({
      name,
      partitions: answers.map(([{ partitionIndex }, answer]) => ({ partitionIndex, ...answer })),
    }))
    return {
      throttleTimeMs: 0,
      allowReplicationFactorChange: request.allowReplicationFactorChange,
      errorCode: errorCodes.NONE,
      errorMessage: request.topics.length === 0 ? '' : null, // as in Kafka
      responses,
    }
  },

  refuse: (request, error) => ({
    throttleTimeMs: 0,
    allowReplicationFactorChange: request.allowReplicationFactorChange,
    errorCode: error.code,
    errorMessage: error.message,
    responses: [],
  }),
})

function reassigned(
  name: string,
  wanted: Partition,
  request: Request,
  { broker }: RequestContext,
): PartitionChange {
  const { metadata, cluster } = broker
  const topic = metadata.topic(name)
  const partition = topic?.partitions[wanted.partitionIndex]
  if (!topic) throw new KafkaError('UNKNOWN_TOPIC_OR_PARTITION', `Unable to find a topic named ${name}.`)
  if (!partition) {
    throw new KafkaError(
      'UNKNOWN_TOPIC_OR_PARTITION',
      `Unable to find partition ${name}:${wanted.partitionIndex}.`,
    )
  }
  const { replicas } = wanted
  if (replicas === null) throw new KafkaError('NO_REASSIGNMENT_IN_PROGRESS')
  checkReplicas(replicas, 0, cluster)
  if (!request.allowReplicationFactorChange && replicas.length !== partition.replicas.length) {
    throw new KafkaError(
      'INVALID_REPLICATION_FACTOR',
      `The replication factor is changed from ${partition.replicas.length} to ${replicas.length}`,
    )
  }
  const alive = replicas.filter(id => cluster.nodes().some(node => node.id === id && node.alive))
  const stays = alive.includes(partition.leader)
  return {
    topicId: topic.id,
    index: partition.index,
    replicas,
    isr: alive.length > 0 ? alive : replicas,
    ...(stays ? {} : { leader: alive[0] ?? -1 }),
  }
}
