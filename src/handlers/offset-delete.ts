import { offsetDelete } from '../wire/apis/offset-delete.js'
import { type ErrorName, errorCodes } from '../wire/errors.js'
import { callerOf, checkGroupId } from './group-caller.js'
import { handler } from './handler.js'
import { offsetAnswers } from './offset-answers.js'

/** Takes back committed offsets of topics that the group no longer reads. */
export const offsetDeleteHandler = handler({
  api: offsetDelete,

  async handle(request, context) {
    const { metadata, groups } = context.broker
    checkGroupId(request.groupId)
    const targets = request.topics.map(({ name, partitions }) =>
      partitions.map(({ partitionIndex }) => ({
        topic: name,
        partition: partitionIndex,
        exists: metadata.topic(name)?.partitions[partitionIndex] !== undefined,
      })),
    )
    const existing = targets.flat().filter(({ exists }) => exists)
    const outcomes = await groups.deleteOffsets(request.groupId, existing, callerOf(context))
    const errorOf = (target: (typeof existing)[number]): ErrorName =>
      target.exists ? (outcomes[existing.indexOf(target)] as ErrorName) : 'UNKNOWN_TOPIC_OR_PARTITION'
    return {
      errorCode: errorCodes.NONE,
      throttleTimeMs: 0,
      topics: offsetAnswers(
        request.topics.map(({ name }) => ({ name, topicId: '' })),
        (_topic, i) =>
          (targets[i] ?? []).map(target => ({
            partitionIndex: target.partition,
            error: errorOf(target),
            early: !target.exists,
          })),
      ),
    }
  },

  refuse: (_request, error) => ({ errorCode: error.code, throttleTimeMs: 0, topics: [] }),
})
