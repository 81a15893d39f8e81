/** A point in which Ottla answers otherwise than Apache Kafka on purpose. */
export interface Difference {
  readonly point: string
  readonly ottla: string
  readonly kafka: string
  readonly reason: string
  /** True where `--parity` brings Kafka's answer. */
  readonly goneInParity: boolean
}

/** All of them; docs/compatibility.md is printed from here. A scenario that names one must meet it. */
export const differences = {
  firstJoin: {
    point: 'first join of a group',
    ottla: '`group.initial.rebalance.delay.ms` is 0',
    kafka: '3000',
    reason: 'a test has no reason to wait for members that do not come',
    goneInParity: true,
  },
  eviction: {
    point: 'a member whose connection closed and whose client does not come back',
    ottla: 'is evicted after `ottla.group.evict.on.disconnect.ms`, 6000',
    kafka: 'is evicted after its session timeout',
    reason: 'a killed consumer would hold its partitions for 10 to 45 seconds',
    goneInParity: true,
  },
  replicationFactor: {
    point: 'a replication factor above the number of nodes',
    ottla: 'becomes that number',
    kafka: 'INVALID_REPLICATION_FACTOR',
    reason: "applications ask for their production cluster's three replicas",
    goneInParity: true,
  },
  parkedFetch: {
    point: 'a parked fetch with another request behind it',
    ottla: 'is answered at once',
    kafka: 'blocks its connection until its maximum wait',
    reason: 'some clients send heartbeats, commits and LeaveGroup behind their fetch',
    goneInParity: true,
  },
  idleFetch: {
    point: 'a fetch without data',
    ottla:
      'is answered after `ottla.fetch.max.wait.ms`, 500, at the latest, where its client asks for any byte',
    kafka: 'is answered after its maximum wait',
    reason: 'some clients cannot stop before their fetch is answered',
    goneInParity: true,
  },
  advertised: {
    point: 'advertised address',
    ottla: 'the one that the client dialled, unless `advertised.listeners` is set',
    kafka: 'fixed',
    reason: 'it is the one address that certainly works for this client',
    goneInParity: false,
  },
  finishedTopics: {
    point: 'automatic and requested topics',
    ottla: 'are finished before the reply leaves',
    kafka: 'are announced to the brokers afterwards: errors 3, 5 and 6 until then',
    reason: 'the metadata and the logs are in one process',
    goneInParity: false,
  },
  endTxn: {
    point: 'EndTxn',
    ottla: 'is answered when the markers are written, or after the first try',
    kafka: 'is answered before they are',
    reason: 'the next reader sees the committed records',
    goneInParity: false,
  },
  expressions: {
    point: 'regular expressions of consumer groups (KIP-848) and of subscriptions to metrics (KIP-714)',
    ottla: 'RE2 by re2js: at most 4096 characters, and 1000 repetitions however nested',
    kafka: 'RE2 by re2j, without these limits; for metrics those of Java',
    reason: 'an expression must not be able to hold up a broker',
    goneInParity: false,
  },
  goingBack: {
    point:
      'a consumer group that a static member turns into a classic one, before another member knows its assignment',
    ottla: 'rebalances',
    kafka: 'does not: no member reads those partitions until it rebalances for another reason',
    reason: 'a partition that one member has given up must go to another',
    goneInParity: false,
  },
  newGroups: {
    point: 'share groups, streams groups',
    ottla: 'not offered',
    kafka: 'served',
    reason: 'not there yet',
    goneInParity: false,
  },
  replicas: {
    point: 'replicas',
    ottla:
      'simulated: all nodes of a process share one storage, so that any replica may lead and none is told as eligible (KIP-966)',
    kafka: 'replicated',
    reason: 'for tests of clients on one machine',
    goneInParity: false,
  },
  moves: {
    point: 'moves of replicas',
    ottla: 'are finished when answered',
    kafka: 'take their time',
    reason: 'there is nothing to copy',
    goneInParity: false,
  },
  recompression: {
    point: '`compression.type` other than `producer`',
    ottla: 'batches are stored as they come',
    kafka: 'recompresses',
    reason: 'readers decompress either; it would only cost time',
    goneInParity: false,
  },
  offsetDeltas: {
    point: 'a batch whose records do not count their offsets from 0 on',
    ottla: 'INVALID_RECORD',
    kafka:
      'takes it uncompressed, so that its records have offsets of other batches, and renumbers it compressed',
    reason: 'no producer writes it, and readers would lose records',
    goneInParity: false,
  },
  partialBatches: {
    point: "a fetch limit within a partition's second batch or a later one",
    ottla: 'whole batches only',
    kafka: 'cuts the last batch off where the limit is',
    reason: 'clients throw the torn end away',
    goneInParity: false,
  },
  abortedTransactions: {
    point: 'the aborted transactions that Fetch lists',
    ottla: 'those of which the answer may hold records, by their first offsets',
    kafka: 'later ones as well, as its index is sparse, in the order in which they ended',
    reason: 'it is what readers of committed records need',
    goneInParity: false,
  },
  compressedRecords: {
    point: 'a compressed batch that is not what its header says',
    ottla: 'is stored and served as it came',
    kafka: 'opens every batch: answers an error where it cannot read it, and corrects a wrong greatest time',
    reason:
      'batches are not decompressed but for compacted topics, for `message.timestamp.before.max.ms`, and to name records that are too far ahead of the clock; no producer writes such a batch, and readers check the records themselves',
    goneInParity: false,
  },
  offered: {
    point: 'the list of ApiVersions',
    ottla: 'the APIs and features above, some in versions of Kafka 4.4',
    kafka: 'those of 4.3',
    reason: 'the list names the served APIs only',
    goneInParity: false,
  },
  lowerLevels: {
    point: 'a lower level of a feature in force (UpdateFeatures)',
    ottla: 'INVALID_UPDATE_VERSION',
    kafka: 'lowers group.version and transaction.version',
    reason: 'each feature is served in one version',
    goneInParity: false,
  },
  loggers: {
    point: 'levels of loggers as settings of a broker',
    ottla: 'one logger, `root`',
    kafka: "log4j's",
    reason: 'there is one logger',
    goneInParity: false,
  },
  repeatedResources: {
    point: 'AlterConfigs that names a resource twice',
    ottla: 'INVALID_REQUEST',
    kafka: 'fails inside and never answers',
    reason: 'a client should not wait for ever',
    goneInParity: false,
  },
  noTransactions: {
    point: 'AddPartitionsToTxn of brokers that names no transaction',
    ottla: 'is answered without results',
    kafka: 'is never answered',
    reason: 'a broker should not wait for ever',
    goneInParity: false,
  },
  nullRecords: {
    point: 'Produce with null instead of a batch',
    ottla: 'INVALID_RECORD',
    kafka: 'fails inside and never answers',
    reason: 'a client should not wait for ever',
    goneInParity: false,
  },
} as const satisfies Record<string, Difference>
