import type { CheckType } from '../../contracts/check-type.ts'
import { agentVedette } from './agent-vedette.ts'
import { heartbeat } from './heartbeat.ts'
import { remoteDns } from './remote-dns.ts'
import { remoteHttp } from './remote-http.ts'
import { remotePing } from './remote-ping.ts'
import { remoteSsh } from './remote-ssh.ts'
import { remoteTcp } from './remote-tcp.ts'

/** Every kind of check that Vedette knows; one line each. */
export const checkTypes = [
  remoteDns,
  remoteHttp,
  remotePing,
  remoteSsh,
  remoteTcp,
  heartbeat,
  agentVedette,
] as const satisfies readonly CheckType[]
