/** What other stores call an option, and what to do about it here. The remedy stands after "is no option of ...: ". */

export const ttl = 'how long a session lives is said by `maxAge` and `idleTimeout` of the definition'

export const address = 'ours is `url`, or a `client` that you made'
