import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { apis } from '../../src/wire/apis/index.js'
import type { Fields, Type } from '../../src/wire/schema.js'
import { type Declared, declared } from './declared.js'
import { type FieldFact, holds, type MessageFact, messageFact, parseRange } from './upstream-messages.js'

describe('every declaration says what the protocol says', () => {
  for (const message of declared) {
    test(message.name, () => compareMessage(messageFact(message.name), message))
  }
})

test('the APIs are listed once each, in the order of their keys', () => {
  const keys = apis.map(api => api.key)
  assert.deepEqual(
    keys,
    [...new Set(keys)].sort((a, b) => a - b),
  )
})

function compareMessage(fact: MessageFact, declared: Declared): void {
  if (declared.key !== undefined) assert.equal(declared.key, fact.apiKey, 'key')
  if (declared.newestUnstable !== undefined && fact.type === 'request') {
    assert.equal(declared.newestUnstable, fact.latestVersionUnstable ?? false, 'newestUnstable')
  }
  const { from, to } = parseRange(fact.validVersions)
  assert.deepEqual(declared.versions, [from, to], 'versions')
  assert.equal(declared.flexibleSince, parseRange(fact.flexibleVersions).from, 'flexible versions')
  const versions = Array.from({ length: to - from + 1 }, (_, i) => from + i)
  compareFields(fact, fact.fields, declared.type.shape.fields as Fields, versions, fact.name)
}

function compareFields(
  message: MessageFact,
  facts: readonly FieldFact[],
  fields: Fields,
  versions: readonly number[],
  path: string,
): void {
  const known = facts.filter(fact => versions.some(version => holds(fact.versions, version)))
  assert.deepEqual(Object.keys(fields), known.map(nameOf), `${path}: the fields and their order`)
  for (const fact of known) {
    compareField(message, fact, fields[nameOf(fact)] as Type<unknown>, versions, `${path}.${nameOf(fact)}`)
  }
}

function compareField(
  message: MessageFact,
  fact: FieldFact,
  field: Type<unknown>,
  versions: readonly number[],
  path: string,
): void {
  const present = versions.filter(version => holds(fact.versions, version))
  assert.deepEqual(
    versions.filter(version => field.since <= version && version <= field.until),
    present,
    `${path}: versions`,
  )
  assert.deepEqual(
    present.filter(version => version >= (field.shape.nullableFrom ?? Infinity)),
    present.filter(version => holds(fact.nullableVersions, version)),
    `${path}: nullable versions`,
  )
  assert.equal(field.tag, fact.tag, `${path}: tag`)
  if (fact.tag !== undefined) assert.equal(fact.taggedVersions, fact.versions, `${path}: always a tag`)
  if (present.length < versions.length) {
    assert.equal(field.ignorable, fact.ignorable ?? false, `${path}: ignorable`)
  }
  assert.equal(field.shape.neverCompact ?? false, fact.flexibleVersions === 'none', `${path}: never compact`)
  compareType(message, fact, fact.type, field, present, path)
  assert.deepEqual(field.initial, initialOf(fact, field), `${path}: default`)
}

function compareType(
  message: MessageFact,
  fact: FieldFact,
  type: string,
  field: Type<unknown>,
  versions: readonly number[],
  path: string,
): void {
  if (type.startsWith('[]')) {
    assert.equal(field.shape.kind, 'array', `${path}: type`)
    compareType(message, fact, type.slice(2), field.shape.item as Type<unknown>, versions, `${path}[]`)
  } else if (/^[A-Z]/.test(type)) {
    assert.equal(field.shape.kind, 'struct', `${path}: type`)
    const common = message.commonStructs?.find(struct => struct.name === type)
    const facts = fact.fields?.length ? fact.fields : common?.fields
    compareFields(message, facts ?? [], field.shape.fields as Fields, versions, path)
  } else {
    assert.equal(field.shape.kind, type, `${path}: type`)
  }
}

const nameOf = (fact: FieldFact): string => (fact.name[0] as string).toLowerCase() + fact.name.slice(1)

/** The default of a field is that of its type unless the description gives another; a null without quotes gives none. */
function initialOf(fact: FieldFact, field: Type<unknown>): unknown {
  const text = fact.default === null ? undefined : fact.default?.toString()
  if (text === 'null') return null
  if (fact.type.startsWith('[]')) return []
  switch (fact.type) {
    case 'string':
      return text ?? ''
    case 'bool':
      return text === 'true'
    case 'int64':
      return BigInt(text ?? '0')
    case 'uuid':
      return 'AAAAAAAAAAAAAAAAAAAAAA'
    case 'bytes':
      return Buffer.alloc(0)
    case 'records':
      return null
  }
  if (!/^[A-Z]/.test(fact.type)) return Number(text ?? 0)
  const fields = Object.entries(field.shape.fields as Fields)
  return Object.fromEntries(fields.map(([name, type]) => [name, type.initial]))
}
