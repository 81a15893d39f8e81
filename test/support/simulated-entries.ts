import type { Content } from './simulated-content.js'

type Change =
  | { readonly kind: 'put'; readonly path: string; readonly content: Content }
  | { readonly kind: 'folder' | 'remove'; readonly path: string }
  | { readonly kind: 'rename'; readonly from: string; readonly to: string }

/** Names of files and folders. */
class Names {
  constructor(
    readonly files = new Map<string, Content>(),
    readonly folders = new Set<string>(['']),
  ) {}

  apply(change: Change): void {
    switch (change.kind) {
      case 'put':
        this.files.set(change.path, change.content)
        return
      case 'folder':
        this.folders.add(change.path)
        return
      case 'remove':
        for (const path of this.#within(change.path)) this.files.delete(path)
        for (const path of this.#foldersWithin(change.path)) this.folders.delete(path)
        return
      case 'rename':
        this.#rename(change.from, change.to)
    }
  }

  /** Drops what lies in a folder that is not there. */
  dropUnreachable(): void {
    const isThere = (path: string): boolean =>
      path === '' || (this.folders.has(path) && isThere(folderOf(path)))
    for (const path of this.files.keys()) if (!isThere(folderOf(path))) this.files.delete(path)
    for (const path of this.folders) if (!isThere(path)) this.folders.delete(path)
  }

  #rename(from: string, to: string): void {
    for (const path of this.#within(from)) {
      this.files.set(to + path.slice(from.length), this.files.get(path) as Content)
      this.files.delete(path)
    }
    for (const path of this.#foldersWithin(from)) {
      this.folders.delete(path)
      this.folders.add(to + path.slice(from.length))
    }
  }

  #within(path: string): string[] {
    return [...this.files.keys()].filter(each => each === path || each.startsWith(`${path}/`))
  }

  #foldersWithin(path: string): string[] {
    return [...this.folders].filter(each => each === path || each.startsWith(`${path}/`))
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

  /** How many changes there ever were. */
  get changes(): number {
    return this.#changes
  }

  get paths(): readonly string[] {
    return [...this.#now.files.keys()]
  }

  file(path: string): Content | undefined {
    return this.#now.files.get(path)
  }

  has(path: string): boolean {
    return this.#now.files.has(path) || this.#now.folders.has(path)
  }

  list(folder: string): string[] {
    const names = [...this.#now.files.keys(), ...this.#now.folders].filter(path => folderOf(path) === folder)
    return names.map(path => path.slice(folder.length + 1))
  }

  put(path: string, content: Content): void {
    this.makeFolder(folderOf(path))
    this.#change({ kind: 'put', path, content })
  }

  makeFolder(path: string): void {
    if (this.#now.folders.has(path)) return
    this.makeFolder(folderOf(path))
    this.#change({ kind: 'folder', path })
  }

  rename(from: string, to: string): void {
    if (this.has(from)) this.#change({ kind: 'rename', from, to })
  }

  remove(path: string): void {
    if (this.has(path)) this.#change({ kind: 'remove', path })
  }

  /** Takes a file out as if it had never been there. */
  forget(path: string): void {
    this.#now.files.delete(path)
    this.#durable.files.delete(path)
    this.#pending = this.#pending.filter(({ change }) => change.kind !== 'put' || change.path !== path)
  }

  /** Makes durable what was changed in a folder, of the first `upTo` changes. */
  sync(folder: string, upTo = this.#changes): void {
    const path = folder === '/' ? '' : folder
    this.#pending = this.#pending.filter(({ number, change }) => {
      const changed = change.kind === 'rename' ? change.to : change.path
      if (number > upTo || folderOf(changed) !== path) return true
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
    const namesLike = ({ files, folders }: Names) =>
      new Names(new Map([...files].map(([path, content]) => [path, copyOf(content)])), new Set(folders))
    const copy = new Entries()
    copy.#now = namesLike(this.#now)
    copy.#durable = namesLike(this.#durable)
    copy.#changes = this.#changes
    copy.#pending = this.#pending.map(({ number, change }) =>
      change.kind === 'put'
        ? { number, change: { ...change, content: copyOf(change.content) } }
        : { number, change },
    )
    return copy
  }

  /** What a power failure leaves of names and bytes. */
  unplugged(random: () => number): Entries {
    const found = this.copy()
    const names = found.#durable
    const likelihood = random()
    for (const { change } of found.#pending) if (random() < likelihood) names.apply(change)
    names.dropUnreachable()
    const left = new Map<Content, Content>()
    for (const [path, content] of names.files) {
      const kept = left.get(content) ?? content.unplugged(random)
      left.set(content, kept)
      names.files.set(path, kept)
    }
    const after = new Entries()
    after.#now = names
    after.#durable = new Names(new Map(names.files), new Set(names.folders))
    return after
  }

  #change(change: Change): void {
    this.#changes += 1
    this.#pending.push({ number: this.#changes, change })
    this.#now.apply(change)
  }
}

const folderOf = (path: string): string => path.slice(0, Math.max(0, path.lastIndexOf('/')))
