import { javaConsumers } from './java-consumers.js'
import { javaProducers } from './java-producers.js'
import { kafkajsClients } from './kafkajs-clients.js'
import type { VersusRow } from './row.js'

export const versusRows: readonly VersusRow[] = [...javaProducers, ...javaConsumers, ...kafkajsClients]
