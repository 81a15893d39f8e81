import { run } from '../matrix/run.js'
import { typescriptDriver } from '../support/build.js'

run({
  name: '@platformatic/kafka',
  folder: 'platformatic',
  language: 'TypeScript',
  needs: [],
  prepare: () => typescriptDriver('platformatic'),
})
