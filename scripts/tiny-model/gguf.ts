/**
 * Writes GGUF version 3, the model file of llama.cpp, after its public specification
 * (github.com/ggml-org/ggml, docs/gguf.md): little-endian, tensor data aligned to 32 bytes.
 */

const alignment = 32

/** Numbers of gguf_metadata_value_type. */
const types = { uint32: 4, int32: 5, float32: 6, bool: 7, string: 8, array: 9 } as const

export type GgufValue =
  | { readonly type: 'uint32' | 'int32' | 'float32'; readonly value: number }
  | { readonly type: 'bool'; readonly value: boolean }
  | { readonly type: 'string'; readonly value: string }
  | { readonly type: 'strings'; readonly value: readonly string[] }
  | { readonly type: 'float32s'; readonly value: readonly number[] }
  | { readonly type: 'int32s'; readonly value: readonly number[] }

export interface GgufTensor {
  readonly name: string
  /** Innermost first: columns, then rows. */
  readonly dimensions: readonly number[]
  readonly precision: 'f32' | 'f16'
  /** One value for each element, in memory order. */
  readonly values: Float32Array
}

export function ggufFile(metadata: ReadonlyMap<string, GgufValue>, tensors: readonly GgufTensor[]): Buffer {
  const head: Buffer[] = [
    Buffer.from('GGUF', 'latin1'),
    uint32(3),
    uint64(tensors.length),
    uint64(metadata.size),
  ]
  for (const [key, value] of metadata) head.push(text(key), typed(value))
  const data: Buffer[] = []
  let offset = 0
  for (const tensor of tensors) {
    head.push(text(tensor.name), uint32(tensor.dimensions.length))
    for (const dimension of tensor.dimensions) head.push(uint64(dimension))
    // ggml_type: 0 is F32, 1 is F16.
    head.push(uint32(tensor.precision === 'f32' ? 0 : 1), uint64(offset))
    const bytes = padded(tensor.precision === 'f32' ? floats(tensor.values) : halves(tensor.values))
    data.push(bytes)
    offset += bytes.length
  }
  return Buffer.concat([padded(Buffer.concat(head)), ...data])
}

function typed(value: GgufValue): Buffer {
  switch (value.type) {
    case 'bool':
      return Buffer.concat([uint32(types.bool), Buffer.from([value.value ? 1 : 0])])
    case 'string':
      return Buffer.concat([uint32(types.string), text(value.value)])
    case 'strings':
      return list(types.string, value.value.map(text))
    case 'float32s':
      return list(types.float32, [floats(Float32Array.from(value.value))], value.value.length)
    case 'int32s':
      return list(types.int32, value.value.map(int32))
    case 'float32':
      return Buffer.concat([uint32(types.float32), floats(Float32Array.of(value.value))])
    case 'int32':
      return Buffer.concat([uint32(types.int32), int32(value.value)])
    case 'uint32':
      return Buffer.concat([uint32(types.uint32), uint32(value.value)])
  }
}

function list(elementType: number, elements: readonly Buffer[], length = elements.length): Buffer {
  return Buffer.concat([uint32(types.array), uint32(elementType), uint64(length), ...elements])
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value, 'utf8')
  return Buffer.concat([uint64(bytes.length), bytes])
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(value)
  return bytes
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeInt32LE(value)
  return bytes
}

function uint64(value: number): Buffer {
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64LE(BigInt(value))
  return bytes
}

function floats(values: Float32Array): Buffer {
  const bytes = Buffer.alloc(values.length * 4)
  for (let index = 0; index < values.length; index++) bytes.writeFloatLE(values[index]!, index * 4)
  return bytes
}

function padded(bytes: Buffer): Buffer {
  const missing = (alignment - (bytes.length % alignment)) % alignment
  return missing === 0 ? bytes : Buffer.concat([bytes, Buffer.alloc(missing)])
}

/** IEEE 754 half precision, rounded to nearest; too small becomes 0, which is near enough for random weights. */
function halves(values: Float32Array): Buffer {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length)
  const bytes = Buffer.alloc(values.length * 2)
  for (let index = 0; index < bits.length; index++) {
    // Half of the last bit that is kept, added before the rest is cut off.
    const rounded = (bits[index]! & 0x7fffffff) + 0x1000
    const exponent = (rounded >>> 23) - 112
    const sign = (bits[index]! >>> 16) & 0x8000
    // Below 2^-14, and above 65504: neither occurs among weights around 0.
    const half = exponent <= 0 ? 0 : exponent >= 31 ? 0x7bff : (exponent << 10) | ((rounded >>> 13) & 0x3ff)
    bytes.writeUInt16LE(sign | half, index * 2)
  }
  return bytes
}
