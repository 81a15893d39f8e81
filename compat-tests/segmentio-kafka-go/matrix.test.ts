import { run } from '../matrix/run.js'
import { segmentioKafkaGo } from './client.js'

run(segmentioKafkaGo)
