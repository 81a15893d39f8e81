import {
  api,
  array,
  bool,
  ignorable,
  int8,
  int16,
  int32,
  nullable,
  optional,
  since,
  string,
  tagged,
  uuid,
} from '../schema.js'

/** TODO-DOC */
export const createTopics = api({
  key: 19,
  name: 'CreateTopics',
  versions: [2, 7],
  flexibleSince: 5,
  request: {
    topics: array({
      name: string,
      numPartitions: int32,
      replicationFactor: int16,
      assignments: array({
        partitionIndex: int32,
        brokerIds: array(int32),
      }),
      configs: array({
        name: string,
        value: optional(nullable(string), ''),
      }),
    }),
    timeoutMs: optional(int32, 60000),
    validateOnly: optional(bool, false),
  },
  response: {
    throttleTimeMs: int32,
    topics: array({
      name: string,
      topicId: ignorable(since(7, uuid)),
      errorCode: int16,
      errorMessage: optional(nullable(string), ''),
      topicConfigErrorCode: ignorable(tagged(0, 5, int16)),
      numPartitions: ignorable(since(5, int32, -1)),
      replicationFactor: ignorable(since(5, int16, -1)),
      configs: ignorable(
        since(
          5,
          nullable(
            array({
              name: string,
              value: optional(nullable(string), ''),
              readOnly: bool,
              configSource: optional(int8, -1),
              isSensitive: bool,
            }),
          ),
          [],
        ),
      ),
    }),
  },
})
