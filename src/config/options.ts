import type { LogTarget } from '../telemetry/log-target.js'
import type { NodeOptions } from './nodes.js'
import type { TopicOptions } from './wanted-topic.js'

export type Durability = 'cache' | 'fsync'

/** The options with which a broker starts: the same in code and on the command line. */
export interface BrokerOptions {
  /** The port of the first node, further nodes take the next ones; 0 (the default in code) means free ports. */
  readonly port?: number
  /** The address to listen on; 127.0.0.1 by default. */
  readonly host?: string
  /** The folder for the data; without one the data lives in memory. */
  readonly dataDir?: string
  /**
   * The moment at which a record counts as written: once the machine has it (`cache`, the default), or its disk
   * (`fsync`).
   */
  readonly durability?: Durability
  /** Keeps the data in memory, wherever the settings would put it. */
  readonly memory?: boolean
  /** The path of a Kafka `server.properties`. */
  readonly config?: string
  /** Broker settings by their Kafka names. */
  readonly set?: Readonly<Record<string, string | number | boolean>>
  /**
   * Topics to create where they do not exist: `name:partitions[:replication[:cleanup.policy]]`, or
   * `{ name, partitions, replicationFactor, config }`.
   */
  readonly topics?: readonly (string | TopicOptions)[]
  /** The number of nodes, 1 by default; or each of them, as `{ id, port, rack, listeners, advertisedListeners }`. */
  readonly brokers?: number | readonly NodeOptions[]
  /** Uses Kafka's own defaults throughout. */
  readonly parity?: boolean
  /**
   * The broker alone keeps the process alive where this is true. It is false by default in code, so that a test that
   * forgets `stop()` ends, and then the broker stops by itself when nothing else is left to do.
   */
  readonly keepAlive?: boolean
  /** The environment variables from which `KAFKA_*` settings are read; none by default in code. */
  readonly env?: Readonly<Record<string, string | undefined>>
  /** The port and the folder where nothing else names them: port 0 and memory by default in code. */
  readonly defaults?: { readonly port?: number; readonly dataDir?: string }
  /** The receiver of log lines: a pino instance, or an object with its methods; none by default in code. */
  readonly logger?: LogTarget
}
