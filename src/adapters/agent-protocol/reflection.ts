/**
 * The certificate maker asks for metadata reflection, which no engine has: as much of it as it uses. To be imported
 * before that package.
 */
const metadata = new WeakMap<object, Map<string, unknown>>()

Object.assign(Reflect, {
  defineMetadata(key: string, value: unknown, target: object): void {
    const own = metadata.get(target) ?? new Map<string, unknown>()
    metadata.set(target, own.set(key, value))
  },
  getMetadata: (key: string, target: object): unknown => metadata.get(target)?.get(key),
  getOwnMetadata: (key: string, target: object): unknown => metadata.get(target)?.get(key),
})
