import type { ClientInstances } from '../../client-metrics/client-instances.js'
import type { BrokerConfig } from '../../config/broker-config.js'
import type { ClusterView } from '../../engine/cluster-view.js'
import type { LogEngine } from '../../engine/log-engine.js'
import type { MetadataStore } from '../../engine/metadata-store.js'
import type { FetchSessions } from '../../fetch/fetch-sessions.js'
import type { ParkedFetches } from '../../fetch/parked-fetches.js'
import type { GroupCoordinator } from '../../groups/group-coordinator.js'
import type { ReplyBudget } from '../../memory/reply-budget.js'
import type { RequestBudget } from '../../memory/request-budget.js'
import type { Ids } from '../../random/ids.js'
import type { Inflater } from '../../records/inflater.js'
import type { Quotas } from '../../security/quotas/quotas.js'
import type { Background } from '../../telemetry/background.js'
import type { LevelledLogger } from '../../telemetry/logger.js'
import type { Clock } from '../../time/clock.js'
import type { Markers } from '../../transactions/markers.js'
import type { TransactionCoordinator } from '../../transactions/transaction-coordinator.js'

/** The parts of a broker that handlers ask. */
export interface Parts {
  readonly config: BrokerConfig
  readonly cluster: ClusterView
  readonly metadata: MetadataStore
  readonly log: LogEngine
  readonly groups: GroupCoordinator
  readonly transactions: TransactionCoordinator
  readonly markers: Markers
  readonly fetchSessions: FetchSessions
  readonly parkedFetches: ParkedFetches
  readonly quotas: Quotas
  /** The clients that ask which of their metrics are wanted. */
  readonly clientMetrics: ClientInstances
  readonly inflater: Inflater
  readonly clock: Clock
  readonly logger: LevelledLogger
  /** Counts the bytes that requests hold in all connections: their own, and those of what is made of them. */
  readonly requestMemory: RequestBudget
  /** Counts the bytes that replies hold in all connections until their clients have taken them in. */
  readonly replyMemory: ReplyBudget
  /** Runs work that no request waits for. */
  readonly background: Background
  /** Returns a number in [0, 1). */
  readonly random: () => number
  readonly ids: Ids
}
