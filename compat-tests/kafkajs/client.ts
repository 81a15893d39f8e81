import type { Client } from '../matrix/client.js'
import { typescriptDriver } from '../support/build.js'

export const kafkajs: Client = {
  name: 'kafkajs',
  folder: 'kafkajs',
  language: 'TypeScript',
  needs: [],
  prepare: () => typescriptDriver('kafkajs'),
}
