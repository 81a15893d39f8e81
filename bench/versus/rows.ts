import { coordinators } from './coordinators.js'
import { endurance } from './endurance.js'
import { javaConsumers } from './java-consumers.js'
import { javaProducers } from './java-producers.js'
import { kafkajsClients } from './kafkajs-clients.js'
import { librdkafka } from './librdkafka.js'
import { afterAll, lifetimes } from './lifetimes.js'
import { many } from './many.js'
import type { VersusRow } from './row.js'

export const versusRows: readonly VersusRow[] = [
  ...javaProducers,
  ...javaConsumers,
  ...kafkajsClients,
  ...librdkafka,
  ...coordinators,
  ...many,
  afterAll,
  ...lifetimes,
  endurance,
]
