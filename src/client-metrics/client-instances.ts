import type { BrokerConfig } from '../config/broker-config.js'
import type { ClientAttributes } from '../config/client-match.js'
import type { MetadataStore } from '../engine/metadata-store.js'
import { crc32c } from '../records/crc32c.js'
import type { Clock } from '../time/clock.js'
import { KafkaError } from '../wire/errors.js'
import { Subscriptions, type Wanted } from './subscriptions.js'

/** A client as its connection shows it. */
export interface Client extends Omit<ClientAttributes, 'client_instance_id'> {
  readonly connectionId: number
}

/** The software of a client, as it introduced itself (KIP-511). */
export interface Software {
  readonly name: string
  readonly version: string
}

/** A batch of metrics, which no part of Ottla takes. */
export interface Push {
  readonly subscriptionId: number
  readonly terminating: boolean
  readonly compressionType: number
  readonly bytes: number
}

/** A client that asked which of its metrics are wanted, and its pace. */
interface Instance extends Wanted {
  readonly attributes: ClientAttributes
  readonly connectionId: number
  readonly subscriptionId: number
  /** The version of the subscriptions that it was told. */
  readonly version: number
  lastGetMs: number
  lastPushMs: number
  terminating: boolean
  /** True after an error that a client mends by asking anew, for which it need not wait. */
  mayAskAnew: boolean
  expiresMs: number
}

/** Kafka's words for a client that has not introduced itself. */
const unknown: Software = { name: 'unknown', version: 'unknown' }
const never = -Infinity
/** An instance is forgotten after three intervals without a request, and not before this time. */
const leastLifeMs = 60_000
const codecs: ReadonlySet<number> = new Set([0, 1, 2, 3, 4])

interface Surroundings {
  readonly config: BrokerConfig
  readonly metadata: MetadataStore
  readonly clock: Clock
}

/**
 * The clients that ask for subscriptions to their metrics (KIP-714), each in its own pace, as Kafka's
 * ClientMetricsManager has them. Those that were heard of least lately are forgotten where there are too many.
 */
export class ClientInstances {
  readonly #instances = new Map<string, Instance>()
  /** The instance that a connection introduced, by the connection's id. */
  readonly #byConnection = new Map<number, string>()
  /** The software behind each connection, by the connection's id. */
  readonly #software = new Map<number, Software>()
  readonly #subscriptions: Subscriptions

  constructor(private readonly surroundings: Surroundings) {
    this.#subscriptions = new Subscriptions(surroundings.metadata, surroundings.config)
  }

  /** Takes in what a client says of its software. */
  introduced(connectionId: number, software: Software): void {
    this.#software.set(connectionId, software)
  }

  softwareOf(
    connectionId: number,
  ): Pick<ClientAttributes, 'client_software_name' | 'client_software_version'> {
    const { name, version } = this.#software.get(connectionId) ?? unknown
    return { client_software_name: name, client_software_version: version }
  }

  /** Tells which metrics are wanted; THROTTLING_QUOTA_EXCEEDED where the client asks before its interval is over. */
  subscriptionOf(id: string, client: Client): Wanted & { readonly subscriptionId: number } {
    const instance = this.#instance(id, client)
    const nowMs = this.surroundings.clock.now()
    const sinceMs = nowMs - Math.max(instance.lastGetMs, instance.lastPushMs)
    if (sinceMs >= instance.pushIntervalMs) instance.lastGetMs = nowMs
    else if (!instance.mayAskAnew) throw tooEarly(id)
    instance.mayAskAnew = false
    return instance
  }

  /** Checks a push as if its metrics went to a plugin, and throws what is wrong with it. */
  push(id: string, push: Push, client: Client): void {
    const instance = this.#instance(id, client)
    try {
      this.#check(id, instance, push)
      instance.mayAskAnew = false
    } catch (thrown) {
      instance.mayAskAnew = thrown instanceof KafkaError && mendable.has(thrown.errorName)
      throw thrown
    } finally {
      instance.terminating = push.terminating
    }
  }

  connectionClosed(connectionId: number): void {
    this.#software.delete(connectionId)
    const id = this.#byConnection.get(connectionId)
    this.#byConnection.delete(connectionId)
    if (id !== undefined) this.#instances.delete(id)
  }

  #check(id: string, instance: Instance, push: Push): void {
    if (instance.terminating) {
      throw new KafkaError(
        'INVALID_REQUEST',
        `Client [${id}] has said that it terminates; it may send no more.`,
      )
    }
    const nowMs = this.surroundings.clock.now()
    const isFirst = instance.lastGetMs > instance.lastPushMs
    const isTime = isFirst || nowMs - instance.lastPushMs >= instance.pushIntervalMs
    if (isTime) instance.lastPushMs = nowMs
    else if (!push.terminating) throw tooEarly(id)
    if (push.subscriptionId !== instance.subscriptionId) {
      throw new KafkaError('UNKNOWN_SUBSCRIPTION_ID', `Unknown client subscription id for the client [${id}]`)
    }
    if (!codecs.has(push.compressionType)) {
      throw new KafkaError(
        'UNSUPPORTED_COMPRESSION_TYPE',
        `Unknown compression type [${push.compressionType}] is received in telemetry request from [${id}]`,
      )
    }
    const most = this.surroundings.config.number('telemetry.max.bytes')
    if (push.bytes > most) {
      throw new KafkaError(
        'TELEMETRY_TOO_LARGE',
        `Telemetry request from [${id}] is larger than the maximum allowed size [${most}]`,
      )
    }
  }

  /** The instance of that id, made anew where it is not known, or where the subscriptions have changed. */
  #instance(id: string, client: Client): Instance {
    const nowMs = this.surroundings.clock.now()
    const known = this.#instances.get(id)
    const isAlive = known !== undefined && known.expiresMs > nowMs
    const isCurrent = isAlive && known.version === this.#subscriptions.version
    const { connectionId, ...shown } = client
    const attributes = isAlive ? known.attributes : { client_instance_id: id, ...shown }
    const instance = isCurrent ? known : this.#made(id, attributes, connectionId)
    instance.expiresMs = nowMs + Math.max(leastLifeMs, 3 * instance.pushIntervalMs)
    this.#instances.delete(id)
    this.#instances.set(id, instance)
    this.#forgetTooMany()
    return instance
  }

  #made(id: string, attributes: ClientAttributes, connectionId: number): Instance {
    const wanted = this.#subscriptions.wantedOf(attributes)
    this.#byConnection.set(connectionId, id)
    return {
      ...wanted,
      attributes,
      connectionId,
      subscriptionId: subscriptionId(id, wanted),
      version: this.#subscriptions.version,
      lastGetMs: never,
      lastPushMs: never,
      terminating: false,
      mayAskAnew: false,
      expiresMs: never,
    }
  }

  #forgetTooMany(): void {
    const most = this.surroundings.config.number('ottla.client.metrics.max.clients')
    for (const [id, { connectionId }] of this.#instances) {
      if (this.#instances.size <= most) return
      this.#instances.delete(id)
      if (this.#byConnection.get(connectionId) === id) this.#byConnection.delete(connectionId)
    }
  }
}

/** The errors after which a client asks at once for what is wanted now. */
const mendable: ReadonlySet<string> = new Set(['UNKNOWN_SUBSCRIPTION_ID', 'UNSUPPORTED_COMPRESSION_TYPE'])

const tooEarly = (id: string) =>
  new KafkaError(
    'THROTTLING_QUOTA_EXCEEDED',
    `Request from the client [${id}] arrived before the next push interval time`,
  )

/** A number that changes when something else is wanted of the client, and differs from client to client. */
function subscriptionId(id: string, { metrics, pushIntervalMs }: Wanted): number {
  const checksum = crc32c(Buffer.from(`[${metrics.join(', ')}]${pushIntervalMs}`))
  const bytes = Buffer.from(id, 'base64url')
  const words = [0, 4, 8, 12].map(at => bytes.readInt32BE(at))
  return words.reduce((folded, word) => folded ^ word, checksum) | 0
}
