import { deleteTopics } from '../wire/apis/delete-topics.js'
import { errorCodes, KafkaError } from '../wire/errors.js'
import type { RequestOf, ResponseOf } from '../wire/schema.js'
import { failure, handler, type RequestContext } from './handler.js'

type Answer = ResponseOf<typeof deleteTopics>['responses'][number]
type Wanted = { readonly name: string | null; readonly topicId: string }

const noId = 'AAAAAAAAAAAAAAAAAAAAAA'

/** Deletes topics by name or by id. Their files go in the background. */
export const deleteTopicsHandler = handler({
  api: deleteTopics,

  async handle(request, context) {
    const responses: Answer[] = []
    for (const topic of wanted(request)) responses.push(await answer(topic, context))
    return { throttleTimeMs: 0, responses }
  },

  refuse: (request, error) => ({
    throttleTimeMs: 0,
    responses: wanted(request).map(topic => ({
      ...topic,
      errorCode: error.code,
      errorMessage: error.message,
    })),
  }),
})

const wanted = (request: RequestOf<typeof deleteTopics>): readonly Wanted[] =>
  request.topics.length > 0 ? request.topics : request.topicNames.map(name => ({ name, topicId: noId }))

async function answer(wanted: Wanted, context: RequestContext): Promise<Answer> {
  const { metadata, config } = context.broker
  try {
    if (wanted.name !== null && wanted.topicId !== noId) {
      throw new KafkaError('INVALID_REQUEST', 'You may not specify both topic name and topic id.')
    }
    if (wanted.name === null && wanted.topicId === noId) {
      throw new KafkaError('INVALID_REQUEST', 'Neither topic name nor id were specified.')
    }
    const topic = wanted.name === null ? metadata.topicById(wanted.topicId) : metadata.topic(wanted.name)
    if (!topic) throw new KafkaError(wanted.name === null ? 'UNKNOWN_TOPIC_ID' : 'UNKNOWN_TOPIC_OR_PARTITION')
    if (!config.boolean('delete.topic.enable')) {
      throw new KafkaError(
        context.version >= 3 ? 'TOPIC_DELETION_DISABLED' : 'INVALID_REQUEST',
        'Topic deletion is disabled.',
      )
    }
    await metadata.deleteTopic(topic.id)
    return { name: topic.name, topicId: topic.id, errorCode: errorCodes.NONE }
  } catch (thrown) {
    return { ...wanted, ...failure(thrown, context) }
  }
}
