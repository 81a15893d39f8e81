import {
  array,
  bool,
  int8,
  int16,
  int32,
  int64,
  message,
  nullable,
  optional,
  since,
  string,
  tagged,
  uint16,
  uuid,
} from '../wire/schema.js'

/** A topic was created. */
export const topicRecord = message({
  name: 'TopicRecord',
  key: 2,
  versions: [0, 0],
  flexibleSince: 0,
  fields: () => ({
    name: string,
    topicId: uuid,
  }),
})

/** A partition in full, with its replicas and its leader. */
export const partitionRecord = message({
  name: 'PartitionRecord',
  key: 3,
  versions: [0, 2],
  flexibleSince: 0,
  fields: () => ({
    partitionId: optional(int32, -1),
    topicId: uuid,
    replicas: array(int32),
    isr: array(int32),
    removingReplicas: array(int32),
    addingReplicas: array(int32),
    leader: optional(int32, -1), // -1: none
    leaderRecoveryState: tagged(0, 0, int8), // 0 recovered, 1 recovering from an unclean election
    leaderEpoch: optional(int32, -1),
    partitionEpoch: optional(int32, -1),
    directories: since(1, array(uuid)),
    eligibleLeaderReplicas: tagged(1, 2, nullable(array(int32))),
    lastKnownElr: tagged(2, 2, nullable(array(int32))),
  }),
})

/** The changes of a partition; a field that is left out stays as it was. */
export const partitionChangeRecord = message({
  name: 'PartitionChangeRecord',
  key: 5,
  versions: [0, 2],
  flexibleSince: 0,
  fields: () => ({
    partitionId: optional(int32, -1),
    topicId: uuid,
    isr: tagged(0, 0, nullable(array(int32))),
    leader: tagged(1, 0, int32, -2), // -1: none, -2: unchanged
    replicas: tagged(2, 0, nullable(array(int32))),
    removingReplicas: tagged(3, 0, nullable(array(int32))),
    addingReplicas: tagged(4, 0, nullable(array(int32))),
    leaderRecoveryState: tagged(5, 0, int8, -1),
    directories: tagged(8, 1, nullable(array(uuid))),
    eligibleLeaderReplicas: tagged(6, 2, nullable(array(int32))),
    lastKnownElr: tagged(7, 2, nullable(array(int32))),
  }),
})

/** One setting of a topic or broker was changed; with null it goes back to its default. */
export const configRecord = message({
  name: 'ConfigRecord',
  key: 4,
  versions: [0, 0],
  flexibleSince: 0,
  fields: () => ({
    resourceType: int8, // 2 topic, 4 broker
    resourceName: string,
    name: string,
    value: optional(nullable(string), ''),
  }),
})

/** A topic was deleted, with all its partitions. */
export const removeTopicRecord = message({
  name: 'RemoveTopicRecord',
  key: 9,
  versions: [0, 0],
  flexibleSince: 0,
  fields: () => ({
    topicId: uuid,
  }),
})

/** A broker took the block of producer ids that ends before `nextProducerId`. */
export const producerIdsRecord = message({
  name: 'ProducerIdsRecord',
  key: 15,
  versions: [0, 0],
  flexibleSince: 0,
  fields: () => ({
    brokerId: int32,
    brokerEpoch: optional(int64, -1n),
    nextProducerId: int64,
  }),
})

/** The level of a feature, such as `metadata.version`, was set; 0 switches it off. */
export const featureLevelRecord = message({
  name: 'FeatureLevelRecord',
  key: 12,
  versions: [0, 0],
  flexibleSince: 0,
  fields: () => ({
    name: string,
    featureLevel: int16,
  }),
})

/** A broker presented itself with its listeners and features. */
export const registerBrokerRecord = message({
  name: 'RegisterBrokerRecord',
  key: 0,
  versions: [0, 4],
  flexibleSince: 0,
  fields: () => ({
    brokerId: int32,
    isMigratingZkBroker: since(2, bool),
    incarnationId: uuid,
    brokerEpoch: int64,
    endPoints: array({
      name: string,
      host: string,
      port: uint16,
      securityProtocol: int16,
    }),
    features: array({
      name: string,
      minSupportedVersion: int16,
      maxSupportedVersion: int16,
    }),
    rack: optional(nullable(string), ''),
    fenced: optional(bool, true),
    inControlledShutdown: since(1, bool),
    logDirs: tagged(0, 3, array(uuid)),
    cordonedLogDirs: tagged(1, 4, nullable(array(uuid))),
  }),
})

/** A registered broker was fenced, unfenced or began to shut down. */
export const brokerRegistrationChangeRecord = message({
  name: 'BrokerRegistrationChangeRecord',
  key: 17,
  versions: [0, 3],
  flexibleSince: 0,
  fields: () => ({
    brokerId: int32,
    brokerEpoch: int64,
    fenced: tagged(0, 0, int8), // 1 fenced now, -1 no longer, 0 unchanged
    inControlledShutdown: tagged(1, 1, int8), // 1 began to shut down, 0 unchanged
    logDirs: tagged(2, 2, array(uuid)),
    cordonedLogDirs: tagged(3, 3, nullable(array(uuid))),
  }),
})

/** A transaction began: the records after it count only once it has an end (KIP-868). */
export const beginTransactionRecord = message({
  name: 'BeginTransactionRecord',
  key: 23,
  versions: [0, 0],
  flexibleSince: 0,
  fields: () => ({
    name: tagged(0, 0, nullable(string)),
  }),
})

/** The transaction ended: all records since its beginning count. */
export const endTransactionRecord = message({
  name: 'EndTransactionRecord',
  key: 24,
  versions: [0, 0],
  flexibleSince: 0,
  fields: () => ({}),
})

/** The transaction was aborted: no record since its beginning counts. */
export const abortTransactionRecord = message({
  name: 'AbortTransactionRecord',
  key: 25,
  versions: [0, 0],
  flexibleSince: 0,
  fields: () => ({
    reason: tagged(0, 0, nullable(string)),
  }),
})

/** Nobody but the replicas in sync may lead the partitions of a topic any more (KIP-966); without a name, of any. */
export const clearElrRecord = message({
  name: 'ClearElrRecord',
  key: 28,
  versions: [0, 0],
  flexibleSince: 0,
  fields: () => ({
    topicName: string,
  }),
})
