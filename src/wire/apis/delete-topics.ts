import {
  api,
  array,
  ignorable,
  int16,
  int32,
  nullable,
  optional,
  since,
  string,
  until,
  uuid,
} from '../schema.js'

/** Deletes topics, by name or from version 6 by id (KIP-516). */
export const deleteTopics = api({
  key: 20,
  name: 'DeleteTopics',
  versions: [1, 6],
  flexibleSince: 4,
  request: () => ({
    topics: since(
      6,
      array({
        name: optional(nullable(string), null), // null: by topicId
        topicId: uuid, // all zero: by name
      }),
    ),
    topicNames: ignorable(until(5, array(string))),
    timeoutMs: int32,
  }),
  response: () => ({
    throttleTimeMs: int32,
    responses: array({
      name: optional(nullable(string, 6), ''),
      topicId: ignorable(since(6, uuid)),
      errorCode: int16,
      errorMessage: ignorable(since(5, nullable(string))),
    }),
  }),
})
