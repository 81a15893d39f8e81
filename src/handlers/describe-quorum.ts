import { only } from '../engine/only.js'
import { inTurns, Turns } from '../time/turns.js'
import { describeQuorum } from '../wire/apis/describe-quorum.js'
import { errorCodes } from '../wire/errors.js'
import type { RequestOf } from '../wire/schema.js'
import { advertisedNode } from './shared/advertised-nodes.js'
import { handler, type RequestContext } from './shared/handler.js'

type Request = RequestOf<typeof describeQuorum>

const metadataTopic = '__cluster_metadata'
const metadataPartition = { topicId: 'AAAAAAAAAAAAAAAAAAAAAQ', partition: 0 }

/** Tells which nodes vote on the metadata: here every node reads the same journal, and the controller leads it. */
export const describeQuorumHandler = handler({
  api: describeQuorum,

  async handle(request, context) {
    if (!isAboutMetadata(request)) return { errorCode: errorCodes.NONE, topics: await unknown(request) }
    const nodeId = context.broker.cluster.controllerId()
    return {
      errorCode: errorCodes.NONE,
      topics: [{ topicName: metadataTopic, partitions: [await quorum(context)] }],
      nodes: [{ nodeId, listeners: [listener(context, nodeId)] }],
    }
  },

  refuse: (_request, error) => ({ errorCode: error.code, errorMessage: error.message, topics: [] }),
})

/** Tells whether the request is about the metadata's one partition, and nothing beside it: Kafka takes no other. */
function isAboutMetadata({ topics }: Request): boolean {
  const [topic] = topics
  if (!topic || topics.length > 1 || topic.topicName !== metadataTopic) return false
  return topic.partitions.length === 1 && topic.partitions[0]?.partitionIndex === 0
}

function unknown({ topics }: Request) {
  const turns = new Turns()
  return inTurns(
    topics,
    async ({ topicName, partitions }) => ({
      topicName,
      partitions: await inTurns(partitions, ({ partitionIndex }) => unknownPartition(partitionIndex), turns),
    }),
    turns,
  )
}

const unknownPartition = (partitionIndex: number) => ({
  partitionIndex,
  errorCode: errorCodes.UNKNOWN_TOPIC_OR_PARTITION,
  errorMessage: `There is no quorum but that of ${metadataTopic}-0.`,
  leaderId: 0,
  leaderEpoch: 0,
  highWatermark: 0n,
  currentVoters: [],
  observers: [],
})

async function quorum({ broker }: RequestContext) {
  const leaderId = broker.cluster.controllerId()
  const { highWatermark } = await only(broker.log.bounds([metadataPartition]))
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
    leaderEpoch: await only(broker.log.epochsAt([{ target: metadataPartition, offset: highWatermark }])),
    highWatermark,
    currentVoters: [state(leaderId)],
    observers: observers.map(node => state(node.id)),
  }
}

function listener(context: RequestContext, nodeId: number) {
  const { host, port } = advertisedNode(context, nodeId)
  return { name: 'PLAINTEXT', host, port }
}
