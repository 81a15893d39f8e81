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
  replicaDirectoryId: since(2, uuid), // KIP-853
  logEndOffset: int64,
  lastFetchTimestamp: ignorable(since(1, int64, -1n)), // milliseconds since 1970 (KIP-836); -1: unknown
  lastCaughtUpTimestamp: ignorable(since(1, int64, -1n)), // likewise
}

/** Tells the state of the metadata quorum (KIP-595); clients ask about partition 0 of `__cluster_metadata`. */
export const describeQuorum = api({
  key: 55,
  name: 'DescribeQuorum',
  versions: [0, 2],
  flexibleSince: 0,
  request: () => ({
    topics: array({
      topicName: string,
      partitions: array({
        partitionIndex: int32,
      }),
    }),
  }),
  response: () => ({
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
        observers: array(replicaState), // replicas without a vote, such as brokers
      }),
    }),
    // The addresses at which the voters listen.
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
  }),
})
