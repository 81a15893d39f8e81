import type { BrokerConfig } from '../../config/broker-config.js'
import type { MetadataStore } from '../../engine/metadata-store.js'
import { compileExpression } from '../../wire/regular-expression.js'
import type { Assignor } from './assignor.js'
import type { ConsumerSurroundings } from './consumer-surroundings.js'
import { assignByRange } from './range-assignor.js'
import type { TopicsView } from './topics-view.js'
import { assignUniformly } from './uniform-assignor.js'

/** Kafka's `group.consumer.regex.refresh.interval.ms`, which it does not document. */
const expressionRefreshMs = 600_000

/**
 * The assignors, by the names that `group.consumer.assignors` knows them by; Kafka takes those of its classes as well.
 */
const assignors = new Map<string, readonly [name: string, assignor: Assignor]>([
  ['uniform', ['uniform', assignUniformly]],
  ['range', ['range', assignByRange]],
  ['org.apache.kafka.coordinator.group.assignor.UniformAssignor', ['uniform', assignUniformly]],
  ['org.apache.kafka.coordinator.group.assignor.RangeAssignor', ['range', assignByRange]],
])

export interface Sources {
  readonly config: BrokerConfig
  readonly metadata: MetadataStore
  readonly topics: TopicsView
}

/** The settings of one consumer group: its own within the limits of the broker, or those of the broker. */
export function consumerSurroundings(
  groupId: string,
  { config, metadata, topics }: Sources,
): ConsumerSurroundings {
  const ownOr = (name: string): number => {
    const own = metadata.overrides({ kind: 'group', name: groupId }).get(`consumer.${name}`)
    if (own === undefined) return config.number(`group.consumer.${name}`)
    const [least, most] = ['min', 'max'].map(limit => config.number(`group.consumer.${limit}.${name}`))
    return Math.min(Math.max(Number(own), least as number), most as number)
  }
  return {
    topics,
    compile: expression => compileExpression(expression),
    expressionRefreshMs,
    get maxSize() {
      return config.number('group.consumer.max.size')
    },
    get migration() {
      const policy = config.string('group.consumer.migration.policy').toLowerCase()
      const both = policy === 'bidirectional'
      return { up: both || policy === 'upgrade', down: both || policy === 'downgrade' }
    },
    get sessionTimeoutMs() {
      return ownOr('session.timeout.ms')
    },
    get heartbeatIntervalMs() {
      return ownOr('heartbeat.interval.ms')
    },
    get assignmentIntervalMs() {
      return ownOr('assignment.interval.ms')
    },
    get assignors() {
      return assignorsNamed(config.list('group.consumer.assignors'))
    },
  }
}

/**
 * The assignors of these names. Classes of Kafka's users cannot be loaded here; where no name is known, the default
 * holds.
 */
export function assignorsNamed(names: readonly string[]): ReadonlyMap<string, Assignor> {
  const known = names.flatMap(name => {
    const found = assignors.get(name)
    return found ? [found] : []
  })
  return new Map(known.length > 0 ? known : [['uniform', assignUniformly]])
}
