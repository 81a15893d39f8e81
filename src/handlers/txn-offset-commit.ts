import type { OffsetToCommit } from '../groups/shared/offset-requests.js'
import { offsetsTopic } from '../topics/internal-topics.js'
import { txnOffsetCommit } from '../wire/apis/txn-offset-commit.js'
import { type ErrorName, errorCodes, KafkaError } from '../wire/errors.js'
import type { RequestOf } from '../wire/schema.js'
import { commitEach } from './shared/commit-each.js'
import { callerOf, checkGroupId } from './shared/group-caller.js'
import { handler, type RequestContext } from './shared/handler.js'
import { joinTransaction, type TransactionSupport } from './shared/join-transaction.js'

type Request = RequestOf<typeof txnOffsetCommit>
type RequestedTopic = Request['topics'][number]

const loadingSince = 2
const topicIdsSince = 6

/**
 * Keeps the offsets up to which a group has read; they count when the transaction is committed. Partitions that do not
 * exist fail for themselves, the others are kept together.
 */
export const txnOffsetCommitHandler = handler({
  api: txnOffsetCommit,
  replyLength: 'brief',

  async handle(request, context) {
    const byId = context.version >= topicIdsSince
    const topics = await commitEach(request.topics, byId, context, offsets =>
      committed(request, offsets, context),
    )
    return { throttleTimeMs: 0, topics }
  },

  refuse: (request, error) => ({
    throttleTimeMs: 0,
    topics: request.topics.map(topic =>
      answer(
        topic,
        topic.partitions.map(() => error.errorName),
      ),
    ),
  }),
})

/** Commits the offsets, and returns one outcome for each; an error that concerns all of them is told of each. */
async function committed(
  request: Request,
  offsets: readonly OffsetToCommit[],
  context: RequestContext,
): Promise<readonly ErrorName[]> {
  try {
    return await commit(request, offsets, context)
  } catch (thrown) {
    const { errorName } = context.explain(thrown)
    const isLoading = errorName === 'COORDINATOR_LOAD_IN_PROGRESS' && context.version < loadingSince
    return offsets.map(() => (isLoading ? 'COORDINATOR_NOT_AVAILABLE' : errorName))
  }
}

async function commit(request: Request, offsets: readonly OffsetToCommit[], context: RequestContext) {
  const { groups } = context.broker
  const { groupId, producerId, producerEpoch } = request
  checkGroupId(groupId)
  const caller = callerOf(context)
  const guard = await guardFor(request, context)
  const commitment = { ...request, retentionTimeMs: -1n, offsets }
  return groups.commitWithin({ producerId, producerEpoch, guard }, commitment, caller)
}

/**
 * Returns the guard of the group's partition of `__consumer_offsets`, which is part of the transaction like any other.
 */
async function guardFor(request: Request, { broker, connection, version }: RequestContext) {
  const { groups } = broker
  const topic = await groups.ensureTopic()
  const partition = groups.partitionOf(request.groupId)
  if (topic.partitions[partition]?.leader !== connection.nodeId) throw new KafkaError('NOT_COORDINATOR')
  const target = { topicId: topic.id, partition }
  const partitions = [{ topic: offsetsTopic, partition, target, baseSequence: -1 }]
  const [membership] = await joinTransaction({ ...request, partitions, support: supportOf(version) }, broker)
  if (membership?.error) throw membership.error
  return membership?.guard ?? null
}

function supportOf(version: number): TransactionSupport {
  if (version >= 5) return 'adds'
  return version >= 4 ? 'knows-abortable' : 'knows-nothing'
}

const answer = ({ name, topicId, partitions }: RequestedTopic, errors: readonly ErrorName[]) => ({
  name,
  topicId,
  partitions: partitions.map(({ partitionIndex }, i) => ({
    partitionIndex,
    errorCode: errorCodes[errors[i] as ErrorName],
  })),
})
