import { createRequire } from 'node:module'

/**
 * Loads a package when it is first needed: a broker that never meets a codec does not pay for it at
 * its start. By `require`, since `import()` fails in test runners that run files in a vm context.
 */
export function lazyPackage<T>(name: string): T {
  return createRequire(import.meta.url)(name) as T
}

/** A package that makes Ottla faster where it could be installed; null where it could not. */
export function optionalPackage<T>(name: string): T | null {
  try {
    return lazyPackage<T>(name)
  } catch {
    return null
  }
}

/** Calls `load` once, when first asked, and keeps what it returned. */
export function once<T>(load: () => T): () => T {
  let loaded: { readonly value: T } | undefined
  return () => {
    loaded ??= { value: load() }
    return loaded.value
  }
}
