import type { Setting } from './setting.js'

/** Kafka's settings of a subscription to metrics of clients (KIP-714). */
export const clientMetricsSettings: readonly Setting[] = [
  {
    name: 'interval.ms',
    type: 'INT',
    default: '300000',
    doc: 'The time between two pushes of a client in milliseconds, from 100 to 3600000.',
  },
  {
    name: 'match',
    type: 'LIST',
    default: '',
    doc: 'The clients that the subscription is about: `attribute=expression` with `client_instance_id`, `client_id`, `client_software_name`, `client_software_version`, `client_source_address` or `client_source_port`; all of the list have to match, and nothing matches every client.',
  },
  {
    name: 'metrics',
    type: 'LIST',
    default: '',
    doc: 'The prefixes of the names of the metrics that are wanted; `*` stands for all.',
  },
]
