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

/**
 * Creates topics, each succeeding or failing for itself (KIP-4). From version 5 the reply tells the settings with which
 * each was in fact created (KIP-525), from version 7 with topic ids.
 */
export const createTopics = api({
  key: 19,
  name: 'CreateTopics',
  versions: [2, 7],
  flexibleSince: 5,
  request: () => ({
    topics: array({
      name: string,
      numPartitions: int32, // -1: num.partitions of the broker (KIP-464), also when assignments are given
      replicationFactor: int16, // -1: default.replication.factor, also when assignments are given
      // The replicas of each partition; where it is empty the broker chooses.
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
    validateOnly: optional(bool, false), // check everything, create nothing
  }),
  response: () => ({
    throttleTimeMs: int32,
    topics: array({
      name: string,
      topicId: ignorable(since(7, uuid)),
      errorCode: int16,
      errorMessage: optional(nullable(string), ''),
      topicConfigErrorCode: ignorable(tagged(0, 5, int16)), // why configs is null: the client may not describe them
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
              configSource: optional(int8, -1), // see DescribeConfigs
              isSensitive: bool,
            }),
          ),
          [],
        ),
      ),
    }),
  }),
})
