/**
 * What others may only read, for who keeps it: an object whose fields change is made as `const it: Writable<Kept> = {…}` and returned as `Kept`.
 *
 * Where many are made (one a request), fields and no accessors in object literals: with a literal's `get` V8 keeps everything that the
 * accessor sees until the next full collection (seen by --trace-gc; we think that each such object gets a hidden class of its own, which
 * is made among the old objects). Three of them a request had cost the gateway 11 kB of promoted garbage each time
 * (docs/models/gateway-speed.md).
 */
export type Writable<Type> = { -readonly [Key in keyof Type]: Type[Key] }
