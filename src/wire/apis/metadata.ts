import {
  api,
  array,
  bool,
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

/**
 * Tells topics, their partitions and leaders, and the brokers. The request may create topics that do not exist; from
 * version 10 topics have ids (KIP-516).
 */
export const metadata = api({
  key: 3,
  name: 'Metadata',
  versions: [0, 13],
  flexibleSince: 9,
  request: () => ({
    // Null (in version 0: empty): all topics.
    topics: optional(
      nullable(
        array({
          topicId: ignorable(since(10, uuid)), // used when the name is null
          name: optional(nullable(string, 10), ''),
        }),
        1,
      ),
      [],
    ),
    allowAutoTopicCreation: since(4, bool, true),
    includeClusterAuthorizedOperations: until(10, since(8, bool)),
    includeTopicAuthorizedOperations: since(8, bool),
  }),
  response: () => ({
    throttleTimeMs: ignorable(since(3, int32)),
    brokers: array({
      nodeId: int32,
      host: string,
      port: int32,
      rack: ignorable(since(1, nullable(string))),
    }),
    clusterId: ignorable(since(2, nullable(string))),
    controllerId: ignorable(since(1, int32, -1)), // -1: unknown
    topics: array({
      errorCode: int16,
      name: optional(nullable(string, 12), ''),
      topicId: ignorable(since(10, uuid)),
      isInternal: ignorable(since(1, bool)),
      partitions: array({
        errorCode: int16,
        partitionIndex: int32,
        leaderId: int32, // -1: none
        leaderEpoch: ignorable(since(7, int32, -1)),
        replicaNodes: array(int32),
        isrNodes: array(int32),
        offlineReplicas: ignorable(since(5, array(int32))),
      }),
      topicAuthorizedOperations: since(8, int32, -2147483648), // bit set of ACL operations (KIP-430); the default: not asked for
    }),
    clusterAuthorizedOperations: until(10, since(8, int32, -2147483648)),
    errorCode: ignorable(since(13, int16)), // of the request as a whole (KIP-1102)
  }),
})
