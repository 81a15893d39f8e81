import { test } from 'node:test'
import fc from 'fast-check'
import { randomRuns } from '../support/random-runs.js'
import { event } from '../support/stories/events.js'
import { Story } from '../support/stories/story.js'

/*
 * Stories of a broker with two directories; of topics that are synced with each write, that are not, and that are
 * compacted; of producers that send again what they do not know the outcome of, of transactions, and of readers of both
 * isolation levels; and of what happens to them (`events.ts`). After each event all that clients learn is compared with
 * all that they know (`history.ts`). That a check can fail was seen by changes of the source, which each was caught
 * within twelve stories:
 *
 *     a batch is acknowledged although its sync failed             records are lost that were acknowledged
 *     the high watermark moves before the sync                     records are lost that were read
 *     a read passes over a piece of the log                        a record that is known was not read
 *     a producer's remembered batches, or a snapshot, forgotten    a batch is there twice, or out of order
 *     every other aborted transaction has no index entry           what was aborted is read as committed
 *     the last stable offset passes an open transaction            it is beyond what is undecided
 *     retention takes a segment 100 s early                        a record is gone that was to be kept
 *     compaction drops the latest record of a key                  a record that is known was not read
 */
const short = 40
const runs = randomRuns(short, 20_000)
/** The short run is of the same stories each time, unless a seed is given. */
const seed = runs.numRuns === short && process.env.OTTLA_TEST_SEED === undefined ? 1 : runs.seed

test('nothing that was acknowledged to clients or read gets lost, comes twice or comes undecided, whatever happens', async () => {
  const stories = fc.array(event, { minLength: 1, maxLength: 100, size: 'max' })
  const property = fc.asyncProperty(stories, async events => {
    const story = await Story.begin()
    for (const each of events) await story.happen(each)
    await story.end()
  })
  await fc.assert(property, { ...runs, seed: seed as number, includeErrorInReport: true })
})
