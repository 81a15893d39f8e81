import {
  api,
  array,
  ignorable,
  int16,
  int32,
  int64,
  nullable,
  since,
  string,
  uint16,
  uuid,
} from '../schema.js'

const replicaState = {
  replicaId: int32,
  replicaDirectoryId: since(2, uuid),
  logEndOffset: int64,
  lastFetchTimestamp: ignorable(since(1, int64, -1n)),
  lastCaughtUpTimestamp: ignorable(since(1, int64, -1n)),
}

/** TODO-DOC */
export const describeQuorum = api({
  key: 55,
  name: 'DescribeQuorum',
  versions: [0, 2],
  flexibleSince: 0,
  request: {
    topics: array({
      topicName: string,
      partitions: array({
        partitionIndex: int32,
      }),
    }),
  },
  response: {
    errorCode: int16,
    errorMessage: ignorable(since(2, nullable(string), '')),
    topics: array({
      topicName: string,
      partitions: array({
        partitionIndex: int32,
        errorCode: int16,
        errorMessage: ignorable(since(2, nullable(string), '')),
        leaderId: int32,
        leaderEpoch: int32,
        highWatermark: int64,
        currentVoters: array(replicaState),
        observers: array(replicaState),
      }),
    }),
    nodes: since(
      2,
      array({
        nodeId: int32,
        listeners: array({
          name: string,
          host: string,
          port: uint16,
        }),
      }),
    ),
  },
})
