import assert from 'node:assert/strict'
import { test } from 'node:test'
import { NameCollisions } from '../../src/topics/name-collisions.js'

const namesOf = (...names: readonly string[]) => {
  const all = new NameCollisions()
  for (const name of names) all.add(name)
  return all
}

test('names that differ only in dots and underscores collide', () => {
  assert.equal(namesOf('a_b').colliding('a.b'), 'a_b')
  assert.equal(namesOf('a.b').colliding('a_b'), 'a.b')
  assert.equal(namesOf('a.b_c').colliding('a_b.c'), 'a.b_c')
  assert.equal(namesOf('a.b', 'a_b', 'ab').colliding('a-b'), undefined)
  assert.equal(namesOf('a-b', 'ab').colliding('a.b'), undefined)
})

test('a name does not collide with itself', () => {
  assert.equal(namesOf('a.b').colliding('a.b'), undefined)
  assert.equal(namesOf('a.b', 'a_b').colliding('a.b'), 'a_b')
})

test('a name that is gone collides with no other', () => {
  const names = namesOf('a.b', 'a_b')
  names.delete('a.b')
  assert.equal(names.colliding('a_b'), undefined)
  assert.equal(names.colliding('a.b'), 'a_b')
  names.delete('a_b')
  assert.equal(names.colliding('a.b'), undefined)
})
