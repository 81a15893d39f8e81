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

export const topicRecord = message({
  name: 'TopicRecord',
  versions: [0, 0],
  flexibleSince: 0,
  fields: {
    name: string,
    topicId: uuid,
  },
})

export const partitionRecord = message({
  name: 'PartitionRecord',
  versions: [0, 2],
  flexibleSince: 0,
  fields: {
    partitionId: optional(int32, -1),
    topicId: uuid,
    replicas: array(int32),
    isr: array(int32),
    removingReplicas: array(int32),
    addingReplicas: array(int32),
    leader: optional(int32, -1),
    leaderRecoveryState: tagged(0, 0, int8),
    leaderEpoch: optional(int32, -1),
    partitionEpoch: optional(int32, -1),
    directories: since(1, array(uuid)),
    eligibleLeaderReplicas: tagged(1, 2, nullable(array(int32))),
    lastKnownElr: tagged(2, 2, nullable(array(int32))),
  },
})

export const partitionChangeRecord = message({
  name: 'PartitionChangeRecord',
  versions: [0, 2],
  flexibleSince: 0,
  fields: {
    partitionId: optional(int32, -1),
    topicId: uuid,
    isr: tagged(0, 0, nullable(array(int32))),
    leader: tagged(1, 0, int32, -2),
    replicas: tagged(2, 0, nullable(array(int32))),
    removingReplicas: tagged(3, 0, nullable(array(int32))),
    addingReplicas: tagged(4, 0, nullable(array(int32))),
    leaderRecoveryState: tagged(5, 0, int8, -1),
    directories: tagged(8, 1, nullable(array(uuid))),
    eligibleLeaderReplicas: tagged(6, 2, nullable(array(int32))),
    lastKnownElr: tagged(7, 2, nullable(array(int32))),
  },
})

export const configRecord = message({
  name: 'ConfigRecord',
  versions: [0, 0],
  flexibleSince: 0,
  fields: {
    resourceType: int8,
    resourceName: string,
    name: string,
    value: optional(nullable(string), ''),
  },
})

export const removeTopicRecord = message({
  name: 'RemoveTopicRecord',
  versions: [0, 0],
  flexibleSince: 0,
  fields: {
    topicId: uuid,
  },
})

export const producerIdsRecord = message({
  name: 'ProducerIdsRecord',
  versions: [0, 0],
  flexibleSince: 0,
  fields: {
    brokerId: int32,
    brokerEpoch: optional(int64, -1n),
    nextProducerId: int64,
  },
})

export const featureLevelRecord = message({
  name: 'FeatureLevelRecord',
  versions: [0, 0],
  flexibleSince: 0,
  fields: {
    name: string,
    featureLevel: int16,
  },
})

export const registerBrokerRecord = message({
  name: 'RegisterBrokerRecord',
  versions: [0, 4],
  flexibleSince: 0,
  fields: {
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
  },
})

export const brokerRegistrationChangeRecord = message({
  name: 'BrokerRegistrationChangeRecord',
  versions: [0, 3],
  flexibleSince: 0,
  fields: {
    brokerId: int32,
    brokerEpoch: int64,
    fenced: tagged(0, 0, int8),
    inControlledShutdown: tagged(1, 1, int8),
    logDirs: tagged(2, 2, array(uuid)),
    cordonedLogDirs: tagged(3, 3, nullable(array(uuid))),
  },
})
