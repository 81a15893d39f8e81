import { test } from 'node:test'
import { play, scriptsIn } from '../script-files.js'
import { RebalanceScript } from './rebalance-script.js'

for (const script of scriptsIn(new URL('./scripts/', import.meta.url))) {
  test(script.sentence, () => play(script, new RebalanceScript(script.settings)))
}
