import { describeQuorum } from '../wire/apis/describe-quorum.js'
import { errorCodes } from '../wire/errors.js'
import { advertisedNode } from './advertised.js'
import { handler, type RequestContext } from './handler.js'

const metadataTopic = '__cluster_metadata'
const metadataPartition = { topicId: 'AAAAAAAAAAAAAAAAAAAAAQ', partition: 0 }

/** Tells who votes on the metadata: here every node reads the same journal, and the controller leads it. */
export const describeQuorumHandler = handler({
  api: describeQuorum,

  handle(request, context) {
    const [topic, ...more] = request.topics
    const [partition, ...others] = topic?.partitions ?? []
    const valid = topic?.topicName === metadataTopic && partition?.partitionIndex === 0
    if (!valid || more.length > 0 || others.length > 0) {
      return { errorCode: errorCodes.INVALID_REQUEST, topics: [] }
    }
    const nodeId = context.broker.cluster.controllerId()
    return {
      errorCode: errorCodes.NONE,
      topics: [{ topicName: metadataTopic, partitions: [quorum(context)] }],
      nodes: [{ nodeId, listeners: [listener(context, nodeId)] }],
    }
  },

  refuse: (_request, error) => ({ errorCode: error.code, errorMessage: error.message, topics: [] }),
})

function quorum({ broker }: RequestContext) {
  const leaderId = broker.cluster.controllerId()
  const { highWatermark } = broker.log.bounds(metadataPartition)
  const now = BigInt(broker.clock.now())
  const state = (replicaId: number) => ({
    replicaId,
    logEndOffset: highWatermark,
    lastFetchTimestamp: now,
    lastCaughtUpTimestamp: now,
  })
  const observers = broker.cluster.nodes().filter(node => node.alive && node.id !== leaderId)
  return {
    partitionIndex: 0,
    errorCode: errorCodes.NONE,
    leaderId,
    leaderEpoch: broker.log.epochAt(metadataPartition, highWatermark),
    highWatermark,
    currentVoters: [state(leaderId)],
    observers: observers.map(node => state(node.id)),
  }
}

function listener(context: RequestContext, nodeId: number) {
  const { host, port } = advertisedNode(context, nodeId)
  return { name: 'PLAINTEXT', host, port }
}
