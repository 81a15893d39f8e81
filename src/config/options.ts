import type { LogTarget } from '../telemetry/log-target.js'
import type { NodeOptions } from './nodes.js'
import type { TopicOptions } from './wanted-topic.js'

export type Durability = 'cache' | 'fsync'

/** How to start a broker: the same in code and on the command line. */
export interface BrokerOptions {
  /** The port of the first node, further nodes take the next ones; 0 (the default in code) means free ports. */
  readonly port?: number
  /** The address to listen on; 127.0.0.1 by default. */
  readonly host?: string
  /** The folder for the data; without one the data lives in memory. */
  readonly dataDir?: string
  /** When a record counts as written: once the machine has it (`cache`, the default), or its disk (`fsync`). */
  readonly durability?: Durability
  /** Keep the data in memory, whatever else says where it should be. */
  readonly memory?: boolean
  /** The path of a Kafka `server.properties`. */
  readonly config?: string
  /** Settings by their Kafka names. */
  readonly set?: Readonly<Record<string, string | number | boolean>>
  /**
   * Topics to create where they do not exist: `name:partitions[:replication[:cleanup.policy]]`, or
   * `{ name, partitions, replicationFactor, config }`.
   */
  readonly topics?: readonly (string | TopicOptions)[]
  /** How many nodes, 1 by default; or each of them, as `{ id, port, rack, listeners, advertisedListeners }`. */
  readonly brokers?: number | readonly NodeOptions[]
  /** Use Kafka's own defaults throughout. */
  readonly parity?: boolean
  /**
   * Whether the broker alone keeps the process alive; false by default in code, so that a test that forgets `stop()` ends,
   * and then the broker stops by itself when nothing else is left to do.
   */
  readonly keepAlive?: boolean
  /** Environment variables to read `KAFKA_*` settings from; none by default in code. */
  readonly env?: Readonly<Record<string, string | undefined>>
  /** What counts where nothing else names a port or a folder: port 0 and memory by default in code. */
  readonly defaults?: { readonly port?: number; readonly dataDir?: string }
  /** Where to say what happens: a pino instance, or an object with its methods; nowhere by default in code. */
  readonly logger?: LogTarget
}
