/**
 * The names of topics, sorted by what they are when each `.` is a `_`: names that differ only in these would share the
 * name of a metric, so Kafka lets only one of them be made.
 */
export class NameCollisions {
  /** The names by their flattened form. A name with neither `.` nor `_` collides with no other, and is not kept. */
  readonly #byFlattened = new Map<string, Set<string>>()

  add(name: string): void {
    if (!mayCollide(name)) return
    const flattened = flatten(name)
    const names = this.#byFlattened.get(flattened)
    if (names) names.add(name)
    else this.#byFlattened.set(flattened, new Set([name]))
  }

  delete(name: string): void {
    const names = this.#byFlattened.get(flatten(name))
    names?.delete(name)
    if (names?.size === 0) this.#byFlattened.delete(flatten(name))
  }

  /** Another name with which this one collides. */
  colliding(name: string): string | undefined {
    if (!mayCollide(name)) return undefined
    for (const other of this.#byFlattened.get(flatten(name)) ?? []) if (other !== name) return other
    return undefined
  }
}

const mayCollide = (name: string): boolean => name.includes('.') || name.includes('_')
const flatten = (name: string): string => name.replaceAll('.', '_')
