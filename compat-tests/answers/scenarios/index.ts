import type { Family } from '../scenario.js'
import { accessControlListsFamily } from './access-control-lists.js'
import { classicGroupsFamily } from './classic-groups.js'
import { clientMetricsFamily, telemetryFamily } from './client-metrics.js'
import { clientQuotasFamily } from './client-quotas.js'
import {
  apiVersionsFamily,
  describeClusterFamily,
  describeQuorumFamily,
  findCoordinatorFamily,
} from './cluster.js'
import {
  alterConfigsFamily,
  describeConfigsFamily,
  incrementalAlterConfigsFamily,
  listConfigResourcesFamily,
} from './configs.js'
import {
  consumerGroupDescribeFamily,
  consumerGroupHeartbeatFamily,
  consumerGroupOffsetsFamily,
} from './consumer-groups.js'
import { createTopicsFamily } from './create-topics.js'
import { updateFeaturesFamily } from './features.js'
import { fetchFamily } from './fetch.js'
import { fetchSessionsFamily } from './fetch-sessions.js'
import { alterReplicaLogDirsFamily, deletionForbiddenFamily } from './forbidden.js'
import { groupsAdministrationFamily } from './groups-administration.js'
import { leastInsyncFamily, leastInsyncGivenFamily } from './least-insync.js'
import { listOffsetsFamily } from './list-offsets.js'
import { loggerLevelsFamily } from './logger-levels.js'
import { describeTopicPartitionsFamily, metadataFamily } from './metadata.js'
import { offsetCommitFamily, offsetDeleteFamily, offsetFetchFamily } from './offsets.js'
import {
  deleteRecordsFamily,
  describeLogDirsFamily,
  electLeadersFamily,
  offsetForLeaderEpochFamily,
  reassignmentsFamily,
} from './partitions.js'
import { produceFamily } from './produce.js'
import { staticMembersFamily } from './static-members.js'
import { createPartitionsFamily, deleteTopicsFamily, tooManyPartitionsFamily } from './topics-changed.js'
import {
  describeProducersFamily,
  listTransactionsFamily,
  readCommittedFamily,
  transactionalProduceFamily,
  writeTxnMarkersFamily,
} from './transactional-data.js'
import { addOffsetsToTxnFamily, txnOffsetCommitFamily } from './transactional-offsets.js'
import {
  addPartitionsToTxnFamily,
  describeTransactionsFamily,
  endTxnFamily,
  initProducerIdFamily,
} from './transactions.js'
import { userScramCredentialsFamily } from './user-scram-credentials.js'

export const families: readonly Family[] = [
  accessControlListsFamily,
  clientQuotasFamily,
  userScramCredentialsFamily,
  leastInsyncFamily,
  leastInsyncGivenFamily,
  updateFeaturesFamily,
  produceFamily,
  fetchFamily,
  fetchSessionsFamily,
  listOffsetsFamily,
  metadataFamily,
  describeTopicPartitionsFamily,
  classicGroupsFamily,
  staticMembersFamily,
  groupsAdministrationFamily,
  createTopicsFamily,
  deleteTopicsFamily,
  createPartitionsFamily,
  offsetCommitFamily,
  offsetFetchFamily,
  offsetDeleteFamily,
  describeConfigsFamily,
  incrementalAlterConfigsFamily,
  alterConfigsFamily,
  listConfigResourcesFamily,
  loggerLevelsFamily,
  deleteRecordsFamily,
  offsetForLeaderEpochFamily,
  electLeadersFamily,
  reassignmentsFamily,
  describeLogDirsFamily,
  findCoordinatorFamily,
  describeClusterFamily,
  describeQuorumFamily,
  apiVersionsFamily,
  clientMetricsFamily,
  telemetryFamily,
  initProducerIdFamily,
  addPartitionsToTxnFamily,
  endTxnFamily,
  describeTransactionsFamily,
  addOffsetsToTxnFamily,
  txnOffsetCommitFamily,
  transactionalProduceFamily,
  readCommittedFamily,
  writeTxnMarkersFamily,
  describeProducersFamily,
  listTransactionsFamily,
  consumerGroupHeartbeatFamily,
  consumerGroupDescribeFamily,
  consumerGroupOffsetsFamily,
  alterReplicaLogDirsFamily,
  tooManyPartitionsFamily,
  deletionForbiddenFamily,
]
