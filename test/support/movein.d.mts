/** What a move has come to. */
export interface MoveCounts {
  readonly users: number
  readonly visits: number
  /** Answers that showed another user than the client's, or none. */
  readonly logouts: number
  /** Answers whose cart was not what the client had put there. */
  readonly cartsLost: number
  readonly failed: number
  readonly adopted: number
  readonly refused: number
  /** Records of the old library that are still there. */
  readonly oldLeft: number
}

/** Moves an app from express-session over Redis, server by server, under load. */
export function moveExpress(options: {
  readonly url: string
  readonly users: number
  readonly servers: number
  readonly visits: number
  readonly old?: 'keep' | 'end'
}): Promise<MoveCounts>
