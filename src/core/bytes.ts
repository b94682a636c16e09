/** The memory that an array looks at, as a Buffer. Not a copy. */
export function memoryOf(array: ArrayBufferView): Buffer {
  return Buffer.from(array.buffer, array.byteOffset, array.byteLength)
}

/** The bytes of base64, in memory of their own: Buffer.from gives a part of a shared pool. */
export function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(Buffer.from(text, 'base64'))
}
