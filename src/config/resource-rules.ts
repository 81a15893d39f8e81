import { KafkaError } from '../wire/errors.js'
import { type BrokerConfig, isSetting } from './broker-config.js'
import { compileMatch } from './client-match.js'
import type { Scope } from './setting.js'
import { listOf } from './validate.js'

type Overrides = ReadonlyMap<string, string>

/**
 * Refuses settings that a topic or group may not have, with INVALID_CONFIG: unknown names, values that a setting cannot
 * have, and values that do not go together (LogConfig.validate and GroupConfig.validate of Kafka). `overrides` are all
 * settings of the resource, not only those that change.
 */
export function checkOverrides(
  scope: Exclude<Scope, 'broker'>,
  overrides: Overrides,
  config: BrokerConfig,
): void {
  for (const [name, value] of overrides) config.validate(scope, name, value)
  if (scope === 'topic') checkTopic(overrides, config)
  else if (scope === 'group') checkGroup(overrides, config)
  else checkClientMetrics(overrides)
}

function checkTopic(overrides: Overrides, config: BrokerConfig): void {
  const text = (name: string) => overrides.get(name) ?? config.defaultOf('topic', name)
  const [least, most] = [text('min.compaction.lag.ms').trim(), text('max.compaction.lag.ms').trim()]
  if (BigInt(least) > BigInt(most)) {
    refuse(`min.compaction.lag.ms (${least}) is greater than max.compaction.lag.ms (${most}).`)
  }
  if (overrides.get('remote.storage.enable')?.trim().toLowerCase() === 'true') {
    refuse('There is no tiered storage here: remote.storage.enable cannot be true.')
  }
}

/** Checks a subscription in the order of Kafka's ClientMetricsConfigs. */
function checkClientMetrics(overrides: Overrides): void {
  const interval = overrides.get('interval.ms')?.trim()
  if (interval !== undefined && (Number(interval) < leastIntervalMs || Number(interval) > mostIntervalMs)) {
    throw new KafkaError(
      'INVALID_REQUEST',
      `Invalid value ${Number(interval)} for interval.ms, interval must be between ${leastIntervalMs} and ${mostIntervalMs} (1 hour)`,
    )
  }
  compileMatch(listOf(overrides.get('match') ?? ''))
}

const leastIntervalMs = 100
const mostIntervalMs = 3_600_000

function checkGroup(overrides: Overrides, config: BrokerConfig): void {
  const number = (name: string) => Number(overrides.get(name) ?? config.defaultOf('group', name))
  for (const name of overrides.keys()) {
    const { least, most } = limitsOf(name)
    if (isSetting('broker', least) && number(name) < config.number(least)) {
      refuse(`${name} must be greater than or equal to ${least}`)
    }
    if (isSetting('broker', most) && number(name) > config.number(most)) {
      refuse(`${name} must be less than or equal to ${most}`)
    }
  }
  for (const protocol of ['consumer', 'share', 'streams']) {
    const [session, heartbeat] = [`${protocol}.session.timeout.ms`, `${protocol}.heartbeat.interval.ms`]
    if (number(session) <= number(heartbeat)) refuse(`${session} must be greater than ${heartbeat}`)
  }
}

/**
 * Names the settings that limit one of a group: for `consumer.session.timeout.ms` the least is in
 * `group.consumer.min.session.timeout.ms`, and so on.
 */
function limitsOf(name: string): { readonly least: string; readonly most: string } {
  const [protocol, ...rest] = name.replace('.num.', '.').split('.')
  const limit = (which: string) => ['group', protocol, which, ...rest].join('.')
  return { least: limit('min'), most: limit('max') }
}

function refuse(message: string): never {
  throw new KafkaError('INVALID_CONFIG', message)
}
