import type { CheckType } from '../../contracts/check-type.ts'
import { agentVedette } from './agent-vedette.ts'
import { remoteHttp } from './remote-http.ts'

/** Every kind of check that Vedette knows; one line each. */
export const checkTypes = [
  remoteHttp,
  agentVedette,
] as const satisfies readonly CheckType[]
