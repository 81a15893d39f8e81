import { run } from '../matrix/run.js'
import { rskafka } from './client.js'

run(rskafka)
