import { addOffsetsToTxn } from '../../src/wire/apis/add-offsets-to-txn.js'
import { addPartitionsToTxn } from '../../src/wire/apis/add-partitions-to-txn.js'
import { alterConfigs } from '../../src/wire/apis/alter-configs.js'
import { alterPartitionReassignments } from '../../src/wire/apis/alter-partition-reassignments.js'
import { alterReplicaLogDirs } from '../../src/wire/apis/alter-replica-log-dirs.js'
import { consumerGroupDescribe } from '../../src/wire/apis/consumer-group-describe.js'
import { consumerGroupHeartbeat } from '../../src/wire/apis/consumer-group-heartbeat.js'
import { createPartitions } from '../../src/wire/apis/create-partitions.js'
import { createTopics } from '../../src/wire/apis/create-topics.js'
import { deleteGroups } from '../../src/wire/apis/delete-groups.js'
import { deleteRecords } from '../../src/wire/apis/delete-records.js'
import { deleteTopics } from '../../src/wire/apis/delete-topics.js'
import { describeConfigs } from '../../src/wire/apis/describe-configs.js'
import { describeGroups } from '../../src/wire/apis/describe-groups.js'
import { describeLogDirs } from '../../src/wire/apis/describe-log-dirs.js'
import { describeProducers } from '../../src/wire/apis/describe-producers.js'
import { describeQuorum } from '../../src/wire/apis/describe-quorum.js'
import { describeTopicPartitions } from '../../src/wire/apis/describe-topic-partitions.js'
import { describeTransactions } from '../../src/wire/apis/describe-transactions.js'
import { electLeaders } from '../../src/wire/apis/elect-leaders.js'
import { endTxn } from '../../src/wire/apis/end-txn.js'
import { fetch } from '../../src/wire/apis/fetch.js'
import { findCoordinator } from '../../src/wire/apis/find-coordinator.js'
import { incrementalAlterConfigs } from '../../src/wire/apis/incremental-alter-configs.js'
import { joinGroup } from '../../src/wire/apis/join-group.js'
import { leaveGroup } from '../../src/wire/apis/leave-group.js'
import { listConfigResources } from '../../src/wire/apis/list-config-resources.js'
import { listGroups } from '../../src/wire/apis/list-groups.js'
import { listOffsets } from '../../src/wire/apis/list-offsets.js'
import { listPartitionReassignments } from '../../src/wire/apis/list-partition-reassignments.js'
import { listTransactions } from '../../src/wire/apis/list-transactions.js'
import { metadata } from '../../src/wire/apis/metadata.js'
import { offsetCommit } from '../../src/wire/apis/offset-commit.js'
import { offsetDelete } from '../../src/wire/apis/offset-delete.js'
import { offsetFetch } from '../../src/wire/apis/offset-fetch.js'
import { offsetForLeaderEpoch } from '../../src/wire/apis/offset-for-leader-epoch.js'
import { produce } from '../../src/wire/apis/produce.js'
import { syncGroup } from '../../src/wire/apis/sync-group.js'
import { txnOffsetCommit } from '../../src/wire/apis/txn-offset-commit.js'
import { writeTxnMarkers } from '../../src/wire/apis/write-txn-markers.js'
import type { Api, Draft } from '../../src/wire/schema.js'

/** The number of names, or partitions, in one request. */
export const elements = 200_000
/** The number of topics, of one partition each, beside a large one. */
export const topics = 5000
export const largeTopic = 'large'
/** The number of partitions of the large topic. */
export const partitions = 5000
/** The number of groups, each with one committed offset. */
export const groups = 100_000
/** The most offsets of one transaction that are kept at once: they have to be one batch. */
const mostInOneBatch = 12_000
export const producer = { producerId: 0n, producerEpoch: 0 }

export interface LongRequest {
  readonly says: string
  readonly count: number
  readonly api: Api
  readonly version: number
  readonly request: () => object
}

const noId = 'AAAAAAAAAAAAAAAAAAAAAA'
const timeoutMs = 60_000
const list = <T>(count: number, act: (i: number) => T): T[] => Array.from({ length: count }, (_, i) => act(i))
/** A partition of the large topic, then of it again; or a number that none has. */
const indexes = (count: number, isThere: boolean) =>
  list(count, i => (isThere ? i % partitions : partitions + i))
const topicName = (i: number) => `t-${i}`

const long = <A extends Api>(
  says: string,
  count: number,
  api: A,
  version: number,
  request: (count: number) => A extends Api<infer Req, infer _Res> ? Draft<Req> : never,
): LongRequest => ({ says, count, api, version, request: () => request(count) as object })

type Name = (i: number) => string
const ofUnknown: Name = i => `unknown-${i}`

/** Partitions of the large topic, of it again and again, or partitions that it does not have. */
function places(count: number, isThere: boolean) {
  return indexes(count, isThere)
}

export const requests = (batch: Buffer): readonly LongRequest[] => [
  ...[true, false].flatMap(isThere => ofPartitions(isThere ? 'there' : 'not there', isThere, batch)),
  ...ofNames(),
  ...ofCluster(),
]

function ofPartitions(what: string, isThere: boolean, batch: Buffer): LongRequest[] {
  const topic = largeTopic
  const commits = (count: number) =>
    places(count, isThere).map(partitionIndex => ({ partitionIndex, committedOffset: 1n }))
  return [
    long(`Produce, partitions ${what}`, elements, produce, 9, count => ({
      acks: -1,
      timeoutMs,
      topicData: [
        { name: topic, partitionData: places(count, isThere).map(index => ({ index, records: batch })) },
      ],
    })),
    long(`Produce, no records, partitions ${what}`, elements, produce, 9, count => ({
      acks: -1,
      timeoutMs,
      topicData: [
        {
          name: topic,
          partitionData: list(count, index => ({
            index: isThere ? index % partitions : index + partitions,
            records: null,
          })),
        },
      ],
    })),
    long(`Fetch, partitions ${what}`, elements, fetch, 12, count => ({
      maxWaitMs: 0,
      minBytes: 0,
      sessionEpoch: 0,
      topics: [
        {
          topic,
          partitions: places(count, isThere).map(partition => ({
            partition,
            fetchOffset: 0n,
            partitionMaxBytes: 1000,
          })),
        },
      ],
    })),
    long(`Fetch forgets, partitions ${what}`, elements, fetch, 12, count => ({
      maxWaitMs: 0,
      minBytes: 0,
      sessionEpoch: -1,
      topics: [],
      forgottenTopicsData: [{ topic, partitions: places(count, isThere) }],
    })),
    long(`ListOffsets, partitions ${what}`, elements, listOffsets, 5, count => ({
      replicaId: -1,
      topics: [
        {
          name: topic,
          partitions: places(count, isThere).map(partitionIndex => ({ partitionIndex, timestamp: -1n })),
        },
      ],
    })),
    long(`OffsetForLeaderEpoch, partitions ${what}`, elements, offsetForLeaderEpoch, 4, count => ({
      topics: [
        { topic, partitions: places(count, isThere).map(partition => ({ partition, leaderEpoch: 0 })) },
      ],
    })),
    long(`OffsetCommit, partitions ${what}`, elements, offsetCommit, 8, count => ({
      groupId: 'committing',
      memberId: '',
      topics: [{ name: topic, partitions: commits(count) }],
    })),
    long(`OffsetFetch, partitions ${what}`, elements, offsetFetch, 8, count => ({
      groups: [
        { groupId: 'committing', topics: [{ name: topic, partitionIndexes: places(count, isThere) }] },
      ],
    })),
    long(`OffsetDelete, partitions ${what}`, elements, offsetDelete, 0, count => ({
      groupId: 'committing',
      topics: [
        { name: topic, partitions: places(count, isThere).map(partitionIndex => ({ partitionIndex })) },
      ],
    })),
    long(`AddPartitionsToTxn, partitions ${what}`, elements, addPartitionsToTxn, 3, count => ({
      v3AndBelowTransactionalId: 'x',
      v3AndBelowProducerId: producer.producerId,
      v3AndBelowProducerEpoch: producer.producerEpoch,
      v3AndBelowTopics: [{ name: topic, partitions: places(count, isThere) }],
    })),
    ...[elements, mostInOneBatch].map(elements =>
      long(`TxnOffsetCommit, partitions ${what}`, elements, txnOffsetCommit, 5, count => ({
        transactionalId: 'x',
        groupId: 'committing',
        ...producer,
        topics: [{ name: topic, partitions: commits(count) }],
      })),
    ),
    long(`OffsetCommit of a stranger, partitions ${what}`, elements, offsetCommit, 8, count => ({
      groupId: 'committing',
      memberId: 'stranger',
      generationIdOrMemberEpoch: 1,
      topics: [{ name: topic, partitions: commits(count) }],
    })),
    long(`WriteTxnMarkers, partitions ${what}`, elements, writeTxnMarkers, 1, count => ({
      markers: [
        {
          ...producer,
          transactionResult: true,
          topics: [{ name: topic, partitionIndexes: places(count, isThere) }],
          coordinatorEpoch: 0,
        },
      ],
    })),
    long(`DescribeProducers, partitions ${what}`, elements, describeProducers, 0, count => ({
      topics: [{ name: topic, partitionIndexes: places(count, isThere) }],
    })),
    long(`DeleteRecords, partitions ${what}`, elements, deleteRecords, 2, count => ({
      topics: [
        {
          name: topic,
          partitions: places(count, isThere).map(partitionIndex => ({ partitionIndex, offset: 0n })),
        },
      ],
      timeoutMs,
    })),
    long(`DescribeLogDirs, partitions ${what}`, elements, describeLogDirs, 4, count => ({
      topics: [{ topic, partitions: places(count, isThere) }],
    })),
    long(`ElectLeaders, partitions ${what}`, elements, electLeaders, 2, count => ({
      electionType: 0,
      topicPartitions: [{ topic, partitions: places(count, isThere) }],
      timeoutMs,
    })),
    long(
      `AlterPartitionReassignments, partitions ${what}`,
      elements,
      alterPartitionReassignments,
      0,
      count => ({
        topics: [
          {
            name: topic,
            partitions: places(count, isThere).map(partitionIndex => ({ partitionIndex, replicas: [0] })),
          },
        ],
        timeoutMs,
      }),
    ),
    long(
      `ListPartitionReassignments, partitions ${what}`,
      elements,
      listPartitionReassignments,
      0,
      count => ({
        topics: [{ name: topic, partitionIndexes: places(count, isThere) }],
        timeoutMs,
      }),
    ),
    long(`AlterReplicaLogDirs, partitions ${what}`, elements, alterReplicaLogDirs, 2, count => ({
      dirs: [{ path: '/nowhere', topics: [{ name: topic, partitions: places(count, isThere) }] }],
    })),
    long(`DescribeQuorum, partitions ${what}`, elements, describeQuorum, 2, count => ({
      topics: [
        { topicName: topic, partitions: places(count, isThere).map(partitionIndex => ({ partitionIndex })) },
      ],
    })),
  ]
}

/** Names that are of nothing, in requests that carry a name for each element. */
function ofNames(): LongRequest[] {
  const resource = (i: number) => ({ resourceType: 2, resourceName: ofUnknown(i) })
  const config = { name: 'retention.ms', value: '1000' }
  const many = elements
  return [
    long('Produce, unknown topics', many, produce, 9, count => ({
      acks: -1,
      timeoutMs,
      topicData: list(count, i => ({ name: ofUnknown(i), partitionData: [{ index: 0, records: null }] })),
    })),
    long('Fetch, unknown topics', many, fetch, 12, count => ({
      maxWaitMs: 0,
      minBytes: 0,
      sessionEpoch: 0,
      topics: list(count, i => ({
        topic: ofUnknown(i),
        partitions: [{ partition: 0, fetchOffset: 0n, partitionMaxBytes: 1000 }],
      })),
    })),
    long('ListOffsets, unknown topics', many, listOffsets, 5, count => ({
      replicaId: -1,
      topics: list(count, i => ({ name: ofUnknown(i), partitions: [{ partitionIndex: 0, timestamp: -1n }] })),
    })),
    long('Metadata, unknown topics', many, metadata, 12, count => ({
      topics: list(count, i => ({ name: ofUnknown(i) })),
      allowAutoTopicCreation: false,
    })),
    long('OffsetCommit, unknown topics', many, offsetCommit, 8, count => ({
      groupId: 'committing',
      memberId: '',
      topics: list(count, i => ({
        name: ofUnknown(i),
        partitions: [{ partitionIndex: 0, committedOffset: 1n }],
      })),
    })),
    long('OffsetFetch, groups', many, offsetFetch, 8, count => ({
      groups: list(count, i => ({ groupId: `g-${i}`, topics: [{ name: 't-0', partitionIndexes: [0] }] })),
    })),
    long('OffsetFetch, unknown topics', many, offsetFetch, 8, count => ({
      groups: [
        {
          groupId: 'committing',
          topics: list(count, i => ({ name: ofUnknown(i), partitionIndexes: [0] })),
        },
      ],
    })),
    long('FindCoordinator', many, findCoordinator, 4, count => ({
      keyType: 0,
      coordinatorKeys: list(count, ofUnknown),
    })),
    long('DescribeGroups', many, describeGroups, 5, count => ({ groups: list(count, i => `g-${i}`) })),
    long('ConsumerGroupDescribe', many, consumerGroupDescribe, 0, count => ({
      groupIds: list(count, i => `g-${i}`),
      includeAuthorizedOperations: true,
    })),
    long('ListGroups, filters', many, listGroups, 5, count => ({
      statesFilter: list(count, ofUnknown),
      typesFilter: [],
    })),
    long('DeleteGroups, unknown', many, deleteGroups, 2, count => ({ groupsNames: list(count, ofUnknown) })),
    long('JoinGroup, protocols', many, joinGroup, 9, count => ({
      groupId: 'joining',
      sessionTimeoutMs: 30_000,
      memberId: '',
      protocolType: 'consumer',
      protocols: list(count, i => ({ name: ofUnknown(i), metadata: Buffer.alloc(0) })),
    })),
    long('SyncGroup, assignments', many, syncGroup, 5, count => ({
      groupId: 'joining',
      generationId: 1,
      memberId: 'm',
      protocolType: 'consumer',
      protocolName: 'range',
      assignments: list(count, i => ({ memberId: ofUnknown(i), assignment: Buffer.alloc(0) })),
    })),
    long('LeaveGroup, members', many, leaveGroup, 5, count => ({
      groupId: 'g-0',
      memberId: '',
      members: list(count, i => ({ memberId: ofUnknown(i) })),
    })),
    long('ConsumerGroupHeartbeat, topics', many, consumerGroupHeartbeat, 1, count => ({
      groupId: 'beating',
      memberId: 'm',
      memberEpoch: 0,
      rebalanceTimeoutMs: 1000,
      subscribedTopicNames: list(count, ofUnknown),
      subscribedTopicRegex: null,
      topicPartitions: [],
    })),
    long('ConsumerGroupHeartbeat, short names', many, consumerGroupHeartbeat, 1, count => ({
      groupId: 'short',
      memberId: 'm',
      memberEpoch: 0,
      rebalanceTimeoutMs: 1000,
      subscribedTopicNames: list(count, i => i.toString(36).padStart(4, '0')),
      subscribedTopicRegex: null,
      topicPartitions: [],
    })),
    long('ConsumerGroupHeartbeat, owned partitions', many, consumerGroupHeartbeat, 1, count => ({
      groupId: 'beating',
      memberId: 'm',
      memberEpoch: 1,
      rebalanceTimeoutMs: 1000,
      subscribedTopicNames: null,
      subscribedTopicRegex: null,
      topicPartitions: list(count, i => ({ topicId: noId, partitions: [i] })),
    })),
    long('AddPartitionsToTxn, transactions', many, addPartitionsToTxn, 5, count => ({
      transactions: list(count, i => ({
        transactionalId: ofUnknown(i),
        ...producer,
        topics: [{ name: 't-0', partitions: [0] }],
      })),
    })),
    long('WriteTxnMarkers, producers', many, writeTxnMarkers, 1, count => ({
      markers: list(count, i => ({
        producerId: BigInt(i),
        producerEpoch: 0,
        transactionResult: true,
        topics: [{ name: largeTopic, partitionIndexes: [i % partitions] }],
        coordinatorEpoch: 0,
      })),
    })),
    long('DescribeTransactions', many, describeTransactions, 0, count => ({
      transactionalIds: list(count, ofUnknown),
    })),
    long('ListTransactions, filters', many, listTransactions, 1, count => ({
      stateFilters: list(count, ofUnknown),
      producerIdFilters: list(count, BigInt),
      durationFilter: -1n,
    })),
    long('DescribeTopicPartitions, unknown', many, describeTopicPartitions, 0, count => ({
      topics: list(count, i => ({ name: ofUnknown(i) })),
      responsePartitionLimit: 2000,
      cursor: null,
    })),
    long('DescribeConfigs, unknown topics', many, describeConfigs, 4, count => ({
      resources: list(count, i => ({ ...resource(i), configurationKeys: null })),
    })),
    long('DescribeConfigs, keys', many, describeConfigs, 4, count => ({
      resources: [{ resourceType: 2, resourceName: 't-0', configurationKeys: list(count, ofUnknown) }],
    })),
    long('DescribeLogDirs, unknown topics', many, describeLogDirs, 4, count => ({
      topics: list(count, i => ({ topic: ofUnknown(i), partitions: [0] })),
    })),
    long('DescribeQuorum, topics', many, describeQuorum, 2, count => ({
      topics: list(count, i => ({ topicName: ofUnknown(i), partitions: [{ partitionIndex: 0 }] })),
    })),
    long('ListConfigResources, types', many, listConfigResources, 1, count => ({
      resourceTypes: list(count, () => 2),
    })),
    long('AlterConfigs, unknown topics', many, alterConfigs, 2, count => ({
      resources: list(count, i => ({ ...resource(i), configs: [config] })),
      validateOnly: false,
    })),
    long('AlterConfigs, keys', many, alterConfigs, 2, count => ({
      resources: [
        {
          resourceType: 2,
          resourceName: 't-0',
          configs: list(count, i => ({ ...config, name: ofUnknown(i) })),
        },
      ],
      validateOnly: false,
    })),
    long('IncrementalAlterConfigs, keys', many, incrementalAlterConfigs, 1, count => ({
      resources: [
        {
          resourceType: 2,
          resourceName: 't-0',
          configs: list(count, i => ({ ...config, configOperation: 0, name: ofUnknown(i) })),
        },
      ],
      validateOnly: false,
    })),
    long('IncrementalAlterConfigs, unknown topics', many, incrementalAlterConfigs, 1, count => ({
      resources: list(count, i => ({ ...resource(i), configs: [{ ...config, configOperation: 0 }] })),
      validateOnly: false,
    })),
    long('CreateTopics, names that no topic may have', many, createTopics, 7, count => ({
      topics: list(count, i => ({
        name: ` ${i}`,
        numPartitions: 1,
        replicationFactor: 1,
        assignments: [],
        configs: [],
      })),
      timeoutMs,
      validateOnly: false,
    })),
    long('CreatePartitions, unknown topics', many, createPartitions, 3, count => ({
      topics: list(count, i => ({ name: ofUnknown(i), count: 2, assignments: null })),
      timeoutMs,
      validateOnly: false,
    })),
    long('DeleteTopics, unknown topics', many, deleteTopics, 6, count => ({
      topics: list(count, i => ({ name: ofUnknown(i), topicId: noId })),
      timeoutMs,
    })),
  ]
}

/** The requests that go through all that there is, or change much of it; the last one deletes the topics. */
function ofCluster(): LongRequest[] {
  const all = topics + 1
  const config = { name: 'retention.ms', value: '100000000' }
  const resource = (i: number) => ({ resourceType: 2, resourceName: topicName(i) })
  return [
    long('Metadata of all', topics + partitions, metadata, 12, () => ({ topics: null })),
    long('Metadata, topics', topics, metadata, 12, count => ({
      topics: list(count, i => ({ name: topicName(i) })),
    })),
    long('DescribeTopicPartitions', topics, describeTopicPartitions, 0, count => ({
      topics: list(count, i => ({ name: topicName(i) })),
      responsePartitionLimit: 2000,
      cursor: null,
    })),
    long('DescribeLogDirs of all', topics + partitions, describeLogDirs, 4, () => ({ topics: null })),
    long('DescribeConfigs, topics', topics, describeConfigs, 4, count => ({
      resources: list(count, i => ({ ...resource(i), configurationKeys: null })),
    })),
    long('ListConfigResources of all', all, listConfigResources, 1, () => ({ resourceTypes: [] })),
    long('ElectLeaders of all', topics + partitions, electLeaders, 2, () => ({
      electionType: 0,
      topicPartitions: null,
      timeoutMs,
    })),
    long('ListGroups of all', groups, listGroups, 5, () => ({ statesFilter: [], typesFilter: [] })),
    long('OffsetFetch of all of a group', partitions, offsetFetch, 8, () => ({
      groups: [{ groupId: 'committing', topics: null }],
    })),
    long('ListTransactions of all', 1, listTransactions, 1, () => ({
      stateFilters: [],
      producerIdFilters: [],
      durationFilter: -1n,
    })),
    long('AddOffsetsToTxn', 1, addOffsetsToTxn, 3, () => ({
      transactionalId: 'x',
      ...producer,
      groupId: 'committing',
    })),
    long('EndTxn, partitions', partitions, endTxn, 3, () => ({
      transactionalId: 'x',
      ...producer,
      committed: true,
    })),
    long('AlterConfigs, topics', topics, alterConfigs, 2, count => ({
      resources: list(count, i => ({ ...resource(i), configs: [config] })),
      validateOnly: false,
    })),
    long('IncrementalAlterConfigs, topics', topics, incrementalAlterConfigs, 1, count => ({
      resources: list(count, i => ({ ...resource(i), configs: [{ ...config, configOperation: 0 }] })),
      validateOnly: false,
    })),
    long('CreatePartitions, topics', topics, createPartitions, 3, count => ({
      topics: list(count, i => ({ name: topicName(i), count: 2, assignments: null })),
      timeoutMs,
      validateOnly: false,
    })),
    long('CreateTopics, topics', topics, createTopics, 7, count => ({
      topics: list(count, i => ({
        name: `new-${i}`,
        numPartitions: 1,
        replicationFactor: 1,
        assignments: [],
        configs: [],
      })),
      timeoutMs,
      validateOnly: false,
    })),
    long('CreateTopics, one of many partitions', 10_000, createTopics, 7, count => ({
      topics: [{ name: 'wide', numPartitions: count, replicationFactor: 1, assignments: [], configs: [] }],
      timeoutMs,
      validateOnly: false,
    })),
    long('DeleteGroups', groups, deleteGroups, 2, count => ({ groupsNames: list(count, i => `g-${i}`) })),
    long('DeleteTopics, topics', topics, deleteTopics, 6, count => ({
      topics: list(count, i => ({ name: topicName(i), topicId: noId })),
      timeoutMs,
    })),
    long('DeleteTopics, one of many partitions', partitions, deleteTopics, 6, () => ({
      topics: [{ name: largeTopic, topicId: noId }],
      timeoutMs,
    })),
  ]
}
