import { run } from '../matrix/run.js'
import { kcat } from './client.js'

run(kcat)
