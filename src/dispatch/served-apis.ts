import { addOffsetsToTxnHandler } from '../handlers/add-offsets-to-txn.js'
import { addPartitionsToTxnHandler } from '../handlers/add-partitions-to-txn.js'
import { alterClientQuotasHandler } from '../handlers/alter-client-quotas.js'
import { alterConfigsHandler } from '../handlers/alter-configs.js'
import { alterPartitionReassignmentsHandler } from '../handlers/alter-partition-reassignments.js'
import { alterReplicaLogDirsHandler } from '../handlers/alter-replica-log-dirs.js'
import { alterUserScramCredentialsHandler } from '../handlers/alter-user-scram-credentials.js'
import { apiVersionsHandlerFor, type OfferedApi } from '../handlers/api-versions.js'
import { consumerGroupDescribeHandler } from '../handlers/consumer-group-describe.js'
import { consumerGroupHeartbeatHandler } from '../handlers/consumer-group-heartbeat.js'
import { createAclsHandler } from '../handlers/create-acls.js'
import { createPartitionsHandler } from '../handlers/create-partitions.js'
import { createTopicsHandler } from '../handlers/create-topics.js'
import { deleteAclsHandler } from '../handlers/delete-acls.js'
import { deleteGroupsHandler } from '../handlers/delete-groups.js'
import { deleteRecordsHandler } from '../handlers/delete-records.js'
import { deleteTopicsHandler } from '../handlers/delete-topics.js'
import { describeAclsHandler } from '../handlers/describe-acls.js'
import { describeClientQuotasHandler } from '../handlers/describe-client-quotas.js'
import { describeClusterHandler } from '../handlers/describe-cluster.js'
import { describeConfigsHandler } from '../handlers/describe-configs.js'
import { describeGroupsHandler } from '../handlers/describe-groups.js'
import { describeLogDirsHandler } from '../handlers/describe-log-dirs.js'
import { describeProducersHandler } from '../handlers/describe-producers.js'
import { describeQuorumHandler } from '../handlers/describe-quorum.js'
import { describeTopicPartitionsHandler } from '../handlers/describe-topic-partitions.js'
import { describeTransactionsHandler } from '../handlers/describe-transactions.js'
import { describeUserScramCredentialsHandler } from '../handlers/describe-user-scram-credentials.js'
import { electLeadersHandler } from '../handlers/elect-leaders.js'
import { endTxnHandler } from '../handlers/end-txn.js'
import { fetchHandler } from '../handlers/fetch.js'
import { findCoordinatorHandler } from '../handlers/find-coordinator.js'
import { getTelemetrySubscriptionsHandler } from '../handlers/get-telemetry-subscriptions.js'
import { heartbeatHandler } from '../handlers/heartbeat.js'
import { incrementalAlterConfigsHandler } from '../handlers/incremental-alter-configs.js'
import { initProducerIdHandler } from '../handlers/init-producer-id.js'
import { joinGroupHandler } from '../handlers/join-group.js'
import { leaveGroupHandler } from '../handlers/leave-group.js'
import { listConfigResourcesHandler } from '../handlers/list-config-resources.js'
import { listGroupsHandler } from '../handlers/list-groups.js'
import { listOffsetsHandler } from '../handlers/list-offsets.js'
import { listPartitionReassignmentsHandler } from '../handlers/list-partition-reassignments.js'
import { listTransactionsHandler } from '../handlers/list-transactions.js'
import { metadataHandler } from '../handlers/metadata.js'
import { offsetCommitHandler } from '../handlers/offset-commit.js'
import { offsetDeleteHandler } from '../handlers/offset-delete.js'
import { offsetFetchHandler } from '../handlers/offset-fetch.js'
import { offsetForLeaderEpochHandler } from '../handlers/offset-for-leader-epoch.js'
import { produceHandler } from '../handlers/produce.js'
import { pushTelemetryHandler } from '../handlers/push-telemetry.js'
import type { Handler } from '../handlers/shared/handler.js'
import { syncGroupHandler } from '../handlers/sync-group.js'
import { txnOffsetCommitHandler } from '../handlers/txn-offset-commit.js'
import { updateFeaturesHandler } from '../handlers/update-features.js'
import { writeTxnMarkersHandler } from '../handlers/write-txn-markers.js'
import type { Api } from '../wire/schema.js'

/** The handlers of all APIs that the broker serves, in the order of the APIs' keys. */
export const handlers: readonly Handler<Api>[] = [
  produceHandler,
  fetchHandler,
  listOffsetsHandler,
  metadataHandler,
  offsetCommitHandler,
  offsetFetchHandler,
  findCoordinatorHandler,
  joinGroupHandler,
  heartbeatHandler,
  leaveGroupHandler,
  syncGroupHandler,
  describeGroupsHandler,
  listGroupsHandler,
  apiVersionsHandlerFor(() => offeredApis),
  createTopicsHandler,
  deleteTopicsHandler,
  deleteRecordsHandler,
  initProducerIdHandler,
  offsetForLeaderEpochHandler,
  addPartitionsToTxnHandler,
  addOffsetsToTxnHandler,
  endTxnHandler,
  writeTxnMarkersHandler,
  txnOffsetCommitHandler,
  describeAclsHandler,
  createAclsHandler,
  deleteAclsHandler,
  describeConfigsHandler,
  alterConfigsHandler,
  alterReplicaLogDirsHandler,
  describeLogDirsHandler,
  createPartitionsHandler,
  deleteGroupsHandler,
  electLeadersHandler,
  incrementalAlterConfigsHandler,
  alterPartitionReassignmentsHandler,
  listPartitionReassignmentsHandler,
  offsetDeleteHandler,
  describeClientQuotasHandler,
  alterClientQuotasHandler,
  describeUserScramCredentialsHandler,
  alterUserScramCredentialsHandler,
  describeQuorumHandler,
  updateFeaturesHandler,
  describeClusterHandler,
  describeProducersHandler,
  describeTransactionsHandler,
  listTransactionsHandler,
  consumerGroupHeartbeatHandler,
  consumerGroupDescribeHandler,
  getTelemetrySubscriptionsHandler,
  pushTelemetryHandler,
  listConfigResourcesHandler,
  describeTopicPartitionsHandler,
]

const byKey = new Map(handlers.map(each => [each.api.key, each]))

export const handlerOf = (apiKey: number): Handler<Api> | undefined => byKey.get(apiKey)

/** Returns the newest version that clients may use. */
export const newestOffered = ({ versions, newestUnstable }: Api): number =>
  versions[1] - (newestUnstable ? 1 : 0)

export const isOffered = (api: Api, version: number): boolean =>
  version >= api.versions[0] && version <= newestOffered(api)

const produceKey = 0

/**
 * Kafka serves these always, and lists them only where a plugin takes metrics of clients (KIP-714): so no client sends
 * what nobody looks at.
 */
const unlisted: ReadonlySet<number> = new Set([
  getTelemetrySubscriptionsHandler.api.key,
  pushTelemetryHandler.api.key,
])

/**
 * The APIs as ApiVersions lists them. As in Kafka, Produce is listed from version 0, without which old librdkafka would
 * not use it at all (KIP-896).
 */
export const offeredApis: readonly OfferedApi[] = handlers
  .filter(({ api }) => !unlisted.has(api.key))
  .map(({ api }) => ({
    apiKey: api.key,
    minVersion: api.key === produceKey ? 0 : api.versions[0],
    maxVersion: newestOffered(api),
  }))
