import { run } from '../matrix/run.js'
import { typescriptDriver } from '../support/build.js'

run({
  name: 'kcat',
  folder: 'kcat',
  language: 'C',
  needs: [['kcat', '-V']],
  prepare: () => typescriptDriver('kcat'),
})
