import { randomUUID } from 'node:crypto'

/** A random id of 16 bytes in Kafka's notation; never one that begins with '-', which command lines take for a flag. */
export function newId(): string {
  for (;;) {
    const id = Buffer.from(randomUUID().replaceAll('-', ''), 'hex').toString('base64url')
    if (!id.startsWith('-')) return id
  }
}
