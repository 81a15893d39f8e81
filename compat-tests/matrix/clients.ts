import { aiokafka } from '../aiokafka/client.js'
import { confluentKafka } from '../confluent-kafka/client.js'
import { franzGo } from '../franz-go/client.js'
import { java, javaConsumerProtocol, oldJava } from '../java/client.js'
import { kafkaPython } from '../kafka-python/client.js'
import { kafkajs } from '../kafkajs/client.js'
import { kcat } from '../kcat/client.js'
import { platformatic } from '../platformatic/client.js'
import { rskafka } from '../rskafka/client.js'
import { sarama } from '../sarama/client.js'
import { segmentioKafkaGo } from '../segmentio-kafka-go/client.js'
import type { Client } from './client.js'

/** The columns of the table. */
export const clients: readonly Client[] = [
  aiokafka,
  confluentKafka,
  franzGo,
  java,
  javaConsumerProtocol,
  kafkaPython,
  kafkajs,
  kcat,
  oldJava,
  platformatic,
  rskafka,
  sarama,
  segmentioKafkaGo,
]
