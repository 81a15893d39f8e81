import { run } from '../matrix/run.js'
import { kafkajs } from './client.js'

run(kafkajs)
