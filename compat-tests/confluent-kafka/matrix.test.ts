import { run } from '../matrix/run.js'
import { confluentKafka } from './client.js'

run(confluentKafka)
