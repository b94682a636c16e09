import type { Contents, Entry, FlashEntry } from './contents.js'

/** Contents that may be changed. What is not touched is shared with those it was made of. */
export class Draft {
  readonly #from: Contents
  #data: Map<string, Entry> | undefined
  #carried: Map<string, unknown> | undefined
  #flash: Map<string, FlashEntry> | undefined
  #carriedFlash: Map<string, unknown> | undefined
  lifetime: Contents['lifetime']
  persistent: boolean
  cookie: string | undefined

  constructor(from: Contents) {
    this.#from = from
    this.lifetime = from.lifetime
    this.persistent = from.persistent
    this.cookie = from.cookie
  }

  get data(): Map<string, Entry> {
    return (this.#data ??= new Map(this.#from.data))
  }

  get carried(): Map<string, unknown> {
    return (this.#carried ??= new Map(this.#from.carried))
  }

  get flash(): Map<string, FlashEntry> {
    return (this.#flash ??= new Map(this.#from.flash))
  }

  get carriedFlash(): Map<string, unknown> {
    return (this.#carriedFlash ??= new Map(this.#from.carriedFlash))
  }

  /** A key got a value, or none: what was carried for it is outdated. */
  dropCarried(key: string): void {
    if ((this.#carried ?? this.#from.carried).has(key)) this.carried.delete(key)
  }

  /** The contents with all that was changed. */
  toContents(): Contents {
    const { version, codec, idSince, login, data, carried, flash, carriedFlash } = this.#from
    return {
      data: this.#data ?? data,
      flash: this.#flash ?? flash,
      carried: this.#carried ?? carried,
      carriedFlash: this.#carriedFlash ?? carriedFlash,
      persistent: this.persistent,
      cookie: this.cookie,
      lifetime: this.lifetime,
      version,
      codec,
      idSince,
      login,
    }
  }
}
