import { OttlaProcess } from '../support/ottla-process.js'

/** Members of the consumer protocol hear of a rebalance by their next heartbeat: 5 seconds by default. */
const quickly = [
  'group.consumer.min.heartbeat.interval.ms=300',
  'group.consumer.heartbeat.interval.ms=300',
].flatMap(setting => ['--set', setting])

/** A broker for scenarios. */
export const startBroker = (...args: readonly string[]): Promise<OttlaProcess> =>
  OttlaProcess.start('--memory', '--port', '0', '--log-level', 'warn', ...quickly, ...args)
