const msInHour = 3_600_000n
const msInMinute = 60_000n

/**
 * A broker setting that gives a topic setting its default. One of its units is `times` units of the topic's setting.
 */
export interface Synonym {
  readonly name: string
  readonly times: bigint
}

const same = (...names: string[]): Synonym[] => names.map(name => ({ name, times: 1n }))

/**
 * The broker settings that count where a topic has none of its own; the first that is set counts
 * (ServerTopicConfigSynonyms).
 */
export const synonymsOf: Readonly<Record<string, readonly Synonym[]>> = {
  'cleanup.policy': same('log.cleanup.policy'),
  'compression.gzip.level': same('compression.gzip.level'),
  'compression.lz4.level': same('compression.lz4.level'),
  'compression.type': same('compression.type'),
  'compression.zstd.level': same('compression.zstd.level'),
  'delete.retention.ms': same('log.cleaner.delete.retention.ms'),
  'file.delete.delay.ms': same('log.segment.delete.delay.ms'),
  'flush.messages': same('log.flush.interval.messages'),
  'flush.ms': same('log.flush.interval.ms', 'log.flush.scheduler.interval.ms'),
  'index.interval.bytes': same('log.index.interval.bytes'),
  'local.retention.bytes': same('log.local.retention.bytes'),
  'local.retention.ms': same('log.local.retention.ms'),
  'max.compaction.lag.ms': same('log.cleaner.max.compaction.lag.ms'),
  'max.message.bytes': same('message.max.bytes'),
  'message.timestamp.after.max.ms': same('log.message.timestamp.after.max.ms'),
  'message.timestamp.before.max.ms': same('log.message.timestamp.before.max.ms'),
  'message.timestamp.type': same('log.message.timestamp.type'),
  'min.cleanable.dirty.ratio': same('log.cleaner.min.cleanable.ratio'),
  'min.compaction.lag.ms': same('log.cleaner.min.compaction.lag.ms'),
  'min.insync.replicas': same('min.insync.replicas'),
  preallocate: same('log.preallocate'),
  'retention.bytes': same('log.retention.bytes'),
  'retention.ms': [
    { name: 'log.retention.ms', times: 1n },
    { name: 'log.retention.minutes', times: msInMinute },
    { name: 'log.retention.hours', times: msInHour },
  ],
  'segment.bytes': same('log.segment.bytes'),
  'segment.index.bytes': same('log.index.size.max.bytes'),
  'segment.jitter.ms': [
    { name: 'log.roll.jitter.ms', times: 1n },
    { name: 'log.roll.jitter.hours', times: msInHour },
  ],
  'segment.ms': [
    { name: 'log.roll.ms', times: 1n },
    { name: 'log.roll.hours', times: msInHour },
  ],
  'unclean.leader.election.enable': same('unclean.leader.election.enable'),
}

/** Broker settings that say the same in finer or coarser units, the one that counts first. */
const alike: readonly (readonly string[])[] = [
  ['log.roll.ms', 'log.roll.hours'],
  ['log.roll.jitter.ms', 'log.roll.jitter.hours'],
  ['log.retention.ms', 'log.retention.minutes', 'log.retention.hours'],
]
const flushInterval = ['log.flush.interval.ms', 'log.flush.scheduler.interval.ms']

/**
 * The broker settings that Kafka names beside one when it tells where its value comes from
 * (DynamicBrokerConfig.brokerConfigSynonyms).
 */
export function toldBeside(name: string): readonly string[] {
  if (name === flushInterval[0]) return flushInterval
  return alike.find(names => names.includes(name)) ?? [name]
}
