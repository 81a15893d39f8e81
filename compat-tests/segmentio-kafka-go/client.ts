import type { Client } from '../matrix/client.js'
import { goDriver } from '../support/build.js'

export const segmentioKafkaGo: Client = {
  name: 'segmentio/kafka-go',
  folder: 'segmentio-kafka-go',
  language: 'Go',
  needs: [['go', 'version']],
  prepare: () => goDriver('segmentio-kafka-go'),
}
