/**
 * What others may only read, for who keeps it: an object whose fields change is made as `const it: Writable<Kept> = {…}` and returned as `Kept`.
 *
 * Where many are made (one a request), fields and no accessors in object literals: V8 gives each object with a literal's `get` a
 * hidden class of its own among its old objects, which keeps everything that the accessor sees until the next full collection. Six such
 * objects a request cost the gateway 15 kB of promoted garbage each time (docs/models/gateway-speed.md).
 */
export type Writable<Type> = { -readonly [Key in keyof Type]: Type[Key] }
