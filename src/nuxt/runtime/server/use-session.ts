import type { UseOptions } from '../../../edge/use-options.js'
import type { H3EventLike, UpgradeRequestLike } from '../../../h3/event.js'
import { useReadonlySession as readH3, useSession as useH3 } from '../../../h3/use-session.js'
import { MAIN } from '../../names.js'
import { type AnyDefinition, sessionFile } from './definitions.js'

/** `useSession` of handlers. Its types are made from the app's definition files. */
export async function useSession(
  event: H3EventLike,
  which: unknown = MAIN,
  options: UseOptions | undefined = isOptions(which) ? which : undefined,
): Promise<unknown> {
  return useH3(event, definitionOf(isOptions(which) ? MAIN : which), options)
}

/** `useReadonlySession` of handlers. */
export async function useReadonlySession(
  event: H3EventLike | UpgradeRequestLike,
  which: unknown = MAIN,
): Promise<unknown> {
  return readH3(event, definitionOf(which))
}

/** What is no name is looked at by the function that gets it. */
function definitionOf(which: unknown): AnyDefinition {
  return typeof which === 'string' ? sessionFile(which).definition : (which as AnyDefinition)
}

function isOptions(which: unknown): which is UseOptions {
  return typeof which === 'object' && which !== null && !('opener' in which) && Object.keys(which).every(isOption)
}

function isOption(key: string): boolean {
  return key === 'lock'
}
