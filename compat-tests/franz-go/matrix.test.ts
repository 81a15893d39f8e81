import { run } from '../matrix/run.js'
import { franzGo } from './client.js'

run(franzGo)
