import type { CheckType } from '../../contracts/check-type.ts'
import { remoteDns } from './remote-dns.ts'
import { remoteHttp } from './remote-http.ts'

/** Every kind of check that Vedette knows; one line each. */
export const checkTypes = [
  remoteDns,
  remoteHttp,
] as const satisfies readonly CheckType[]
