import type { CheckType } from '../../contracts/check-type.ts'
import { agentVedette } from './agent-vedette.ts'
import { remoteDns } from './remote-dns.ts'
import { remoteHttp } from './remote-http.ts'

/** Every kind of check that Vedette knows; one line each. */
export const checkTypes = [
  remoteDns,
  remoteHttp,
  agentVedette,
] as const satisfies readonly CheckType[]
