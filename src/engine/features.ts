/** The features that Ottla knows, by the names that Kafka gives them (KIP-584). */
export type FeatureName =
  | 'metadata.version'
  | 'kraft.version'
  | 'group.version'
  | 'transaction.version'
  | 'eligible.leader.replicas.version'

/** The setting that a cluster with eligible leader replicas (KIP-966) keeps for all its brokers. */
export const minInsyncReplicas = 'min.insync.replicas'
