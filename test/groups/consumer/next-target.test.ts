import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Assignees } from '../../../src/groups/consumer/assignor.js'
import { ConsumerImage } from '../../../src/groups/consumer/consumer-image.js'
import { newMember } from '../../../src/groups/consumer/consumer-member.js'
import type { ConsumerSurroundings } from '../../../src/groups/consumer/consumer-surroundings.js'
import { FactList } from '../../../src/groups/consumer/fact-list.js'
import { nextTarget } from '../../../src/groups/consumer/next-target.js'

test('members with the same subscription share the set of its topics, so that it is made once for ten thousand', () => {
  const group = groupOf({ ann: ['orders'], bob: ['orders'], cat: ['orders', 'payments'] })
  let seen: Assignees['members'] = new Map()
  const around = {
    topics: { idsOf: (names: string[]) => new Set(names) },
    assignmentIntervalMs: 0,
    assignors: new Map([
      [
        'uniform',
        ({ members }: Assignees) => {
          seen = members
          return new Map()
        },
      ],
    ]),
  } as unknown as ConsumerSurroundings
  const ann = group.members.get('ann')
  assert.ok(ann)
  nextTarget(group, ann, () => group.members, 2, { nowMs: 0, around, facts: new FactList('shop') })
  const topics = (id: string) => seen.get(id)?.topicIds
  assert.equal(topics('ann'), topics('bob'))
  assert.deepEqual([topics('ann'), topics('cat')], [new Set(['orders']), new Set(['orders', 'payments'])])
})

function groupOf(subscriptions: Readonly<Record<string, string[]>>): ConsumerImage {
  const group = new ConsumerImage()
  const facts = new FactList('shop')
  for (const [id, subscribedTopicNames] of Object.entries(subscriptions)) {
    const member = newMember(id)
    facts.about({ id, about: { ...member.about, subscribedTopicNames } })
  }
  for (const each of facts.all) group.apply(each)
  return group
}
