import type { OffsetToCommit } from '../groups/shared/offset-requests.js'
import { offsetCommit } from '../wire/apis/offset-commit.js'
import type { KafkaError } from '../wire/errors.js'
import type { RequestOf } from '../wire/schema.js'
import { commitEach } from './shared/commit-each.js'
import { callerOf } from './shared/group-caller.js'
import { handler, type RequestContext } from './shared/handler.js'

type Request = RequestOf<typeof offsetCommit>

const topicIdsSince = 10

/**
 * Keeps the offsets up to which a group has read. Partitions that do not exist fail for themselves, the others are kept
 * together, more than a thousand in parts.
 */
export const offsetCommitHandler = handler({
  api: offsetCommit,
  replyLength: 'brief',

  async handle(request, context) {
    const byId = context.version >= topicIdsSince
    const topics = await commitEach(request.topics, byId, context, offsets =>
      commit(request, offsets, context),
    )
    return { topics }
  },

  refuse: (request, error) => ({ topics: refused(request, error) }),
})

const commit = (request: Request, offsets: readonly OffsetToCommit[], context: RequestContext) =>
  context.broker.groups.commit({ ...request, offsets }, callerOf(context), context.version)

const refused = (request: Request, error: KafkaError) =>
  request.topics.map(({ name, topicId, partitions }) => ({
    name,
    topicId,
    partitions: partitions.map(({ partitionIndex }) => ({ partitionIndex, errorCode: error.code })),
  }))
