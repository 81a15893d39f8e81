import type { Content } from './simulated-content.js'

/** A file, or the number of a folder. */
type Entry = Content | number

/** A change of a folder: an entry comes, goes, or moves there from another name. Folders are numbered. */
type Change =
  | { readonly kind: 'put'; readonly folder: number; readonly name: string; readonly entry: Entry }
  | { readonly kind: 'remove'; readonly folder: number; readonly name: string }
  | {
      readonly kind: 'rename'
      readonly folder: number
      readonly name: string
      readonly entry: Entry
      readonly from: { readonly folder: number; readonly name: string }
    }

const root = 0
let folders = root

/** Folders by their numbers: a folder that is renamed stays the same one, and one of the same name may be another. */
class Names {
  constructor(private readonly folders = new Map<number, Map<string, Entry>>()) {}

  within(folder: number): Map<string, Entry> {
    const known = this.folders.get(folder) ?? new Map<string, Entry>()
    this.folders.set(folder, known)
    return known
  }

  at(path: string): Entry | undefined {
    let entry: Entry | undefined = root
    for (const name of path.split('/').slice(1)) {
      if (typeof entry !== 'number') return undefined
      entry = this.folders.get(entry)?.get(name)
    }
    return entry
  }

  apply(change: Change): void {
    const entries = this.within(change.folder)
    if (change.kind === 'remove') entries.delete(change.name)
    else if (change.kind === 'rename') {
      const before = this.within(change.from.folder)
      if (before.get(change.from.name) === change.entry) before.delete(change.from.name)
      entries.set(change.name, change.entry)
    } else if (typeof change.entry !== 'number' || !entries.has(change.name)) {
      entries.set(change.name, change.entry)
    }
  }

  /** A copy of what can be reached from the root, or of everything. */
  copy(copyOf: (content: Content) => Content, from: Iterable<number> = this.folders.keys()): Names {
    const copies = new Map<number, Map<string, Entry>>()
    const waiting = [...from]
    for (let folder = waiting.pop(); folder !== undefined; folder = waiting.pop()) {
      if (copies.has(folder)) continue
      const copy = new Map<string, Entry>()
      copies.set(folder, copy)
      for (const [name, entry] of this.within(folder)) {
        copy.set(name, typeof entry === 'number' ? entry : copyOf(entry))
        if (typeof entry === 'number') waiting.push(entry)
      }
    }
    return new Names(copies)
  }

  /** Paths of all files. */
  *paths(folder = root, path = ''): Generator<string> {
    for (const [name, entry] of this.within(folder)) {
      if (typeof entry === 'number') yield* this.paths(entry, `${path}/${name}`)
      else yield `${path}/${name}`
    }
  }
}

/**
 * The entries of folders: which names there are, and which of them survive a power failure. A change is durable once
 * the folder in which it was made was synced. Until then each may have reached the disk or not, whatever became of
 * those before it: a new file is there or not, a renamed one has its new name or its old one, a removed one is back.
 */
export class Entries {
  #now = new Names()
  #durable = new Names()
  /** Not durable yet, in their order. */
  #pending: { readonly number: number; readonly change: Change }[] = []
  #changes = 0

  /** The number of changes so far. */
  get changes(): number {
    return this.#changes
  }

  get paths(): readonly string[] {
    return [...this.#now.paths()]
  }

  file(path: string): Content | undefined {
    const entry = this.#now.at(path)
    return typeof entry === 'number' ? undefined : entry
  }

  has(path: string): boolean {
    return this.#now.at(path) !== undefined
  }

  list(path: string): string[] {
    const folder = this.#now.at(path)
    return typeof folder === 'number' ? [...this.#now.within(folder).keys()] : []
  }

  put(path: string, content: Content): void {
    const { folder, name } = this.#placeOf(path)
    this.#change({ kind: 'put', folder, name, entry: content })
  }

  makeFolder(path: string): void {
    if (typeof this.#now.at(path) === 'number') return
    const { folder, name } = this.#placeOf(path)
    this.#change({ kind: 'put', folder, name, entry: ++folders })
  }

  rename(path: string, to: string): void {
    const entry = this.#now.at(path)
    if (entry === undefined) return
    const from = this.#placeOf(path)
    this.#change({ kind: 'rename', ...this.#placeOf(to), entry, from })
  }

  remove(path: string): void {
    if (this.has(path)) this.#change({ kind: 'remove', ...this.#placeOf(path) })
  }

  /** Takes a file out as if it had never been there. */
  forget(path: string): void {
    const { folder, name } = this.#placeOf(path)
    for (const names of [this.#now, this.#durable]) names.within(folder).delete(name)
    this.#pending = this.#pending.filter(({ change }) => change.folder !== folder || change.name !== name)
  }

  /** Makes durable what was changed in a folder, of the first `upTo` changes. */
  sync(path: string, upTo = this.#changes): void {
    const folder = this.#now.at(path === '/' ? '' : path)
    this.#pending = this.#pending.filter(({ number, change }) => {
      if (number > upTo || change.folder !== folder) return true
      this.#durable.apply(change)
      return false
    })
  }

  copy(): Entries {
    const copies = new Map<Content, Content>()
    const copyOf = (content: Content): Content => {
      const copy = copies.get(content) ?? content.copy()
      copies.set(content, copy)
      return copy
    }
    const copy = new Entries()
    copy.#now = this.#now.copy(copyOf)
    copy.#durable = this.#durable.copy(copyOf)
    copy.#changes = this.#changes
    copy.#pending = this.#pending.map(({ number, change }) =>
      change.kind === 'remove' || typeof change.entry === 'number'
        ? { number, change }
        : { number, change: { ...change, entry: copyOf(change.entry) } },
    )
    return copy
  }

  /** The names and bytes after a power failure. */
  unplugged(random: () => number): Entries {
    const found = this.copy()
    const names = found.#durable
    const likelihood = random()
    for (const { change } of found.#pending) if (random() < likelihood) names.apply(change)
    const left = new Map<Content, Content>()
    const leftOf = (content: Content): Content => {
      const kept = left.get(content) ?? content.unplugged(random)
      left.set(content, kept)
      return kept
    }
    const after = new Entries()
    after.#now = names.copy(leftOf, [root])
    after.#durable = after.#now.copy(content => content)
    return after
  }

  /** The folder of a path, made where there is none, and the name in it. */
  #placeOf(path: string): { readonly folder: number; readonly name: string } {
    const at = path.lastIndexOf('/')
    const parent = path.slice(0, Math.max(0, at))
    this.makeFolder(parent)
    return { folder: this.#now.at(parent) as number, name: path.slice(at + 1) }
  }

  #change(change: Change): void {
    this.#changes += 1
    this.#pending.push({ number: this.#changes, change })
    this.#now.apply(change)
  }
}
