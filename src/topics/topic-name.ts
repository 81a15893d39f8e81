import { KafkaError } from '../wire/errors.js'

const longest = 249

/** Refuses a name that a topic may not have, as Kafka's Topic.validate does. */
export function checkTopicName(name: string): void {
  const wrong = complaintAbout(name)
  if (wrong) throw new KafkaError('INVALID_TOPIC_EXCEPTION', wrong)
}

/** The fault of a name in words; null where it has none. */
export function complaintAbout(name: string): string | null {
  if (name === '') return 'Topic name is invalid: it is empty.'
  if (name === '.' || name === '..') return `Topic name is invalid: it cannot be "." or "..".`
  if (name.length > longest) return `Topic name is invalid: it is longer than ${longest} characters: ${name}.`
  if (!/^[a-zA-Z0-9._-]+$/.test(name)) {
    return `Topic name is invalid: '${name}' has characters other than ASCII letters and digits, '.', '_' and '-'.`
  }
  return null
}
