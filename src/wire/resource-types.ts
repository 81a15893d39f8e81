/** The resources that have settings, as requests number them (ConfigResource.Type of Kafka). */
export const resourceTypes = { topic: 2, broker: 4, brokerLogger: 8, clientMetrics: 16, group: 32 } as const
