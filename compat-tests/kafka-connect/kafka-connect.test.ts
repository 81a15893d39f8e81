import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { missingMaven } from '../support/maven.js'
import { missing } from '../support/tool.js'
import { committedIn, GrowingFile, hasAll, linesOnce } from './lines.js'
import { openStage, sinkOf, sourceOf, Worker } from './worker.js'

const skip = missingMaven() || missing('kcat', '-V')
const rounds = process.env.OTTLA_TEST_LONG ? 10 : 1

describe('Kafka Connect', { skip, timeout: 240_000 + rounds * 60_000 }, () => {
  test('a standalone worker copies a file through a topic while the broker dies and it is restarted', async t => {
    const stage = await openStage(t, { lines: 1 })
    const file = new GrowingFile(stage)
    const out = stage.pathOf('out')
    const start = () => Worker.standalone(stage, sourceOf(file.path, 'lines'), sinkOf('lines', out))
    for (let round = 0; round < rounds; round++) {
      const worker = await start()
      await hasAll(out, file.lines)
      await stage.crashBroker()
      await hasAll(out, file.lines)
      await worker.program.stop()
    }
    await start()
    await hasAll(out, file.lines)
    isBeginningOf(linesOnce(out), file.lines)
  })

  test('distributed workers copy each line of a file exactly once while workers and the broker are killed', async t => {
    const stage = await openStage(t, { lines: 1 })
    const file = new GrowingFile(stage)
    const out = stage.pathOf('out')
    const workers = [await Worker.distributed(stage), await Worker.distributed(stage)]
    await workers[1]?.configure(sourceOf(file.path, 'lines'))
    await workers[0]?.configure(sinkOf('lines', out))
    for (let round = 0; round < rounds; round++) {
      await hasAll(out, file.lines)
      const task = await workers[0]?.taskOf('source')
      const busy = workers.findIndex(({ id }) => id === task?.worker_id)
      const [killed] = workers.splice(busy, 1)
      await killed?.program.kill()
      await hasAll(out, file.lines)
      await stage.crashBroker()
      await hasAll(out, file.lines)
      workers.push(await Worker.distributed(stage))
    }
    isBeginningOf(await committedIn(stage.bootstrap, 'lines'), file.lines)
  })
})

/** Checks that there is no gap and no line twice; the last lines of the file may still be on their way. */
function isBeginningOf(lines: readonly string[], all: readonly string[]): void {
  assert.ok(lines.length > 0)
  assert.deepEqual(lines, all.slice(0, lines.length))
}
