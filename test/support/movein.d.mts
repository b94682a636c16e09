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
  /** Clients that still have a cookie of the old app. */
  readonly oldCookies: number
}

/** What is moved, and how much of it. */
export interface MoveOptions {
  /** Of a Redis. */
  readonly url: string
  readonly users: number
  readonly servers: number
  readonly visits: number
  readonly old?: 'keep' | 'end'
}

/** Moves an app from express-session over Redis, server by server, under load. */
export function moveExpress(options: MoveOptions): Promise<MoveCounts>

/** The same from a Go app on gorilla/sessions, whose sessions are in cookies; undefined where there is no Go. */
export function moveGo(options: MoveOptions): Promise<MoveCounts | undefined>
