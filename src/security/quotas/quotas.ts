import type { BrokerConfig } from '../../config/broker-config.js'
import type { QuotaEntity } from '../../engine/client-quotas.js'
import type { MetadataStore } from '../../engine/metadata-store.js'
import type { Background } from '../../telemetry/background.js'
import type { Clock } from '../../time/clock.js'
import { ConnectionQuota, type HostNames } from './connection-quota.js'
import { MutationQuota } from './mutation-quota.js'
import { RateQuota } from './rate-quota.js'
import { RequestQuota, type RequestQuotas, type Times } from './request-quota.js'

export interface QuotaSurroundings {
  readonly config: BrokerConfig
  readonly clock: Clock
  readonly background: Background
  readonly metadata: Pick<MetadataStore, 'clientQuotas' | 'onChange'>
  readonly hosts: HostNames
  readonly stopwatch: () => number
}

/** The user of a connection that has not said who it is. */
const anonymous = 'ANONYMOUS'
/** A request that brokers make counts for no quota. */
const writeTxnMarkersKey = 27

/** The quotas of clients: what is set in the metadata, and what clients have used up of it. */
export class Quotas {
  readonly #kinds: RequestQuotas
  readonly #connections: ConnectionQuota
  readonly #times: Times
  /** True where a quota for requests is set. */
  #isSet = false

  constructor(private readonly surroundings: QuotaSurroundings) {
    const { config, clock, hosts, metadata, stopwatch } = surroundings
    const most = config.number('ottla.quota.max.clients')
    const windows = {
      count: config.number('quota.window.num'),
      windowMs: config.number('quota.window.size.seconds') * 1000,
    }
    const controllerWindows = {
      count: config.number('controller.quota.window.num'),
      windowMs: config.number('controller.quota.window.size.seconds') * 1000,
    }
    this.#times = { now: () => clock.now(), stopwatch }
    this.#kinds = {
      produce: new RateQuota(windows, most),
      fetch: new RateQuota(windows, most),
      request: new RateQuota(windows, most, windows.windowMs),
      mutation: new MutationQuota(controllerWindows, most),
    }
    this.#connections = new ConnectionQuota(windows, most, hosts)
    for (const { entity, values } of metadata.clientQuotas()) {
      for (const [name, value] of values) this.#set(entity, name, value)
    }
    metadata.onChange(change => {
      if (change.kind === 'quota-changed') this.#set(change.entity, change.name, change.value)
    })
  }

  /** Returns what a request of so many bytes may use up; null where no quota is set. */
  of(
    { nodeId }: { readonly nodeId: number },
    { apiKey, clientId }: { readonly apiKey: number; readonly clientId: string | null },
    bytes: number,
  ): RequestQuota | null {
    if (!this.#isSet || apiKey === writeTxnMarkersKey) return null
    const asking = { nodeId, user: anonymous, clientId: clientId ?? '' }
    return new RequestQuota(this.#kinds, asking, bytes, this.#times)
  }

  /**
   * Records a connection. Returns how long it is to be kept waiting before it is closed, in milliseconds; 0 where it may
   * be served.
   */
  connects(nodeId: number, address: string): number {
    if (this.#connections.isEmpty) return 0
    return this.#connections.record(nodeId, address, this.#times.now())
  }

  /** Resolves to true for an address, and for a host that is known here. */
  async isHost(name: string): Promise<boolean> {
    const { hosts } = this.surroundings
    return hosts.literal(name) !== null || (await hosts.lookUp(name)) !== null
  }

  #set(entity: QuotaEntity, name: string, value: number | null): void {
    const ip = entity.get('ip')
    if (ip !== undefined) {
      if (name === 'connection_creation_rate') {
        this.surroundings.background.run(`quota/${ip ?? ''}`, () => this.#connections.set(ip, value))
      }
      return
    }
    const quota = this.#quotaOf(name)
    quota?.limits.set(entity, value)
    this.#isSet = Object.values(this.#kinds).some(({ limits }) => !limits.isEmpty)
  }

  #quotaOf(name: string): RateQuota | MutationQuota | null {
    const { produce, fetch, request, mutation } = this.#kinds
    switch (name) {
      case 'producer_byte_rate':
        return produce
      case 'consumer_byte_rate':
        return fetch
      case 'request_percentage':
        return request
      case 'controller_mutation_rate':
        return mutation
      default:
        return null
    }
  }
}
