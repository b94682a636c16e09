import { createCipheriv, createDecipheriv, type KeyObject } from 'node:crypto'

/**
 * XAES-256-GCM as C2SP specifies it (https://c2sp.org/XAES-256-GCM): the first half of a nonce of 192 bits derives a key of its own,
 * by one run of the counter KDF of NIST SP 800-108 over AES-CMAC, and the second half is the nonce of AES-256-GCM under that key.
 * Random nonces of 192 bits do not meet in practice, so that one key may seal any number of messages.
 */
export interface Xaes {
  /** The ciphertext and its tag, 16 bytes longer than the plaintext. A nonce is used once. */
  seal(nonce: Uint8Array, plaintext: Uint8Array, aad: Uint8Array): Buffer
  /** The plaintext. @throws Error when the tag does not fit: nothing of the plaintext is handed out before */
  open(nonce: Uint8Array, sealed: Uint8Array, aad: Uint8Array): Buffer
}

/** Bytes of a nonce. */
export const XAES_NONCE = 24
/** By how many bytes a sealed message is longer. */
export const XAES_TAG = 16

const BLOCK = 16
const GCM = 'aes-256-gcm'
/** The polynomial of the subkeys of CMAC (NIST SP 800-38B, section 6.1). */
const POLYNOMIAL = 0x87

/** @param key 256 bits */
export function xaes(key: KeyObject | Uint8Array): Xaes {
  // One cipher for the life of the key: without padding and chaining each block stands alone.
  const ecb = createCipheriv('aes-256-ecb', key, null)
  ecb.setAutoPadding(false)
  const k1 = doubled(ecb.update(Buffer.alloc(BLOCK)))
  const blocks = Buffer.alloc(2 * BLOCK)
  // What both blocks begin with: the counter, the label and a zero byte, each as the subkey has masked it.
  const head = Buffer.from([0, 1, 0x58, 0, 0, 2, 0x58, 0].map((byte, i) => byte ^ (k1[i % 4] as number)))

  function derive(nonce: Uint8Array): Buffer {
    if (nonce.length !== XAES_NONCE) throw new RangeError(`A nonce of XAES-256-GCM has ${XAES_NONCE} bytes.`)
    head.copy(blocks, 0, 0, 4)
    head.copy(blocks, BLOCK, 4, 8)
    for (let i = 4; i < BLOCK; i++) {
      const masked = (nonce[i - 4] as number) ^ (k1[i] as number)
      blocks[i] = masked
      blocks[BLOCK + i] = masked
    }
    return ecb.update(blocks)
  }

  return {
    seal(nonce, plaintext, aad) {
      const cipher = createCipheriv(GCM, derive(nonce), nonce.subarray(12), { authTagLength: XAES_TAG })
      cipher.setAAD(aad)
      const body = cipher.update(plaintext)
      cipher.final()
      return Buffer.concat([body, cipher.getAuthTag()])
    },
    open(nonce, sealed, aad) {
      const end = sealed.length - XAES_TAG
      if (end < 0) throw new RangeError('sealed bytes are cut short')
      const decipher = createDecipheriv(GCM, derive(nonce), nonce.subarray(12), { authTagLength: XAES_TAG })
      decipher.setAAD(aad)
      decipher.setAuthTag(sealed.subarray(end))
      const opened = decipher.update(sealed.subarray(0, end))
      // Throws unless the tag fits.
      decipher.final()
      return opened
    },
  }
}

/** A block times x, in the field of CMAC. */
function doubled(block: Uint8Array): Buffer {
  const out = Buffer.alloc(BLOCK)
  for (let i = 0; i < BLOCK; i++) out[i] = ((block[i] as number) << 1) | ((block[i + 1] ?? 0) >> 7)
  if ((block[0] as number) & 0x80) out[BLOCK - 1] = (out[BLOCK - 1] as number) ^ POLYNOMIAL
  return out
}
