import type { Client } from '../matrix/client.js'
import { rustDriver } from '../support/build.js'

export const rskafka: Client = {
  name: 'rskafka',
  folder: 'rskafka',
  language: 'Rust',
  needs: [['cargo', '--version']],
  prepare: () => rustDriver('rskafka'),
}
