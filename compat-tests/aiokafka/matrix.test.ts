import { run } from '../matrix/run.js'
import { aiokafka } from './client.js'

run(aiokafka)
