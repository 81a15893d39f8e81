import { run } from '../matrix/run.js'
import { typescriptDriver } from '../support/build.js'

run({
  name: 'kafkajs',
  folder: 'kafkajs',
  language: 'TypeScript',
  needs: [],
  prepare: () => typescriptDriver('kafkajs'),
})
