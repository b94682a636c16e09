import type { Managed } from '../edge/request-sessions.js'
import type { UseOptions } from '../edge/use-options.js'
import type { H3EventLike, UpgradeRequestLike } from '../h3/event.js'
import type { NoFlash, SessionSchema } from '../schema/types.js'
import type { ReadonlySession, Session } from '../session/handle/session.js'
import type { ReadonlySessionOf, SessionOf } from '../session/session-of.js'
import type { DefinitionIn } from './file-types.js'

/** A definition, whatever its schema. */
interface AnyDefinition {
  /** Its schema. */
  readonly schema: SessionSchema
  /** What HTTP edges use. */
  readonly opener: object
}

type SessionIn<File> = DefinitionIn<File> extends infer D extends AnyDefinition ? SessionOf<D> : never
type ReadonlySessionIn<File> = DefinitionIn<File> extends infer D extends AnyDefinition ? ReadonlySessionOf<D> : never
type Main<Files> = 'session' extends keyof Files ? Files['session'] : never

/** `useSession` on the server of an app with these definition files. */
export interface UseServerSession<Files> {
  /** The session of `server/session.ts`, loaded on first use and then the same for the whole request. @throws StoreError */
  (event: H3EventLike, options?: UseOptions): Promise<SessionIn<Main<Files>>>
  /** The session of a file in `server/sessions`, by the name of the file. @throws StoreError */
  <Name extends keyof Files>(event: H3EventLike, name: Name, options?: UseOptions): Promise<SessionIn<Files[Name]>>
  /** The session of any definition. @throws StoreError */
  <S extends SessionSchema, F extends SessionSchema | NoFlash>(
    event: H3EventLike,
    definition: Managed<S, F>,
    options?: UseOptions,
  ): Promise<Session<S, F>>
}

/** `useReadonlySession` on the server of an app with these definition files. */
export interface UseServerReadonlySession<Files> {
  /** The session of `server/session.ts` as it is stored now; also of the request of a WebSocket. @throws StoreError */
  (event: H3EventLike | UpgradeRequestLike): Promise<ReadonlySessionIn<Main<Files>>>
  /** The session of a file in `server/sessions`, by the name of the file. @throws StoreError */
  <Name extends keyof Files>(
    event: H3EventLike | UpgradeRequestLike,
    name: Name,
  ): Promise<ReadonlySessionIn<Files[Name]>>
  /** The session of any definition. @throws StoreError */
  <S extends SessionSchema, F extends SessionSchema | NoFlash>(
    event: H3EventLike | UpgradeRequestLike,
    definition: Managed<S, F>,
  ): Promise<ReadonlySession<S, F>>
}
