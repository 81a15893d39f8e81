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

/** TODO-DOC */
export const metadata = api({
  key: 3,
  name: 'Metadata',
  versions: [0, 13],
  flexibleSince: 9,
  request: {
    topics: optional(
      nullable(
        array({
          topicId: ignorable(since(10, uuid)),
          name: optional(nullable(string, 10), ''),
        }),
        1,
      ),
      [],
    ),
    allowAutoTopicCreation: since(4, bool, true),
    includeClusterAuthorizedOperations: until(10, since(8, bool)),
    includeTopicAuthorizedOperations: since(8, bool),
  },
  response: {
    throttleTimeMs: ignorable(since(3, int32)),
    brokers: array({
      nodeId: int32,
      host: string,
      port: int32,
      rack: ignorable(since(1, nullable(string))),
    }),
    clusterId: ignorable(since(2, nullable(string))),
    controllerId: ignorable(since(1, int32, -1)),
    topics: array({
      errorCode: int16,
      name: optional(nullable(string, 12), ''),
      topicId: ignorable(since(10, uuid)),
      isInternal: ignorable(since(1, bool)),
      partitions: array({
        errorCode: int16,
        partitionIndex: int32,
        leaderId: int32,
        leaderEpoch: ignorable(since(7, int32, -1)),
        replicaNodes: array(int32),
        isrNodes: array(int32),
        offlineReplicas: ignorable(since(5, array(int32))),
      }),
      topicAuthorizedOperations: since(8, int32, -2147483648),
    }),
    clusterAuthorizedOperations: until(10, since(8, int32, -2147483648)),
    errorCode: ignorable(since(13, int16)),
  },
})
