import { run } from '../matrix/run.js'
import { sarama } from './client.js'

run(sarama)
