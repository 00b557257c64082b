/** One wrong line: `snippet` stands once in `file`, and is replaced. */
export interface Mutant { readonly file: string; readonly snippet: string; readonly wrong: string; /** a seed of the cluster simulation that catches it */ readonly seed: number; /** which law says so */ readonly law: string }

/** Mistakes that somebody could make in good faith. Each breaks a promise only when something fails at the wrong moment. */
export const mutants = {
  'compare-and-set without the votes': {
    file: 'src/flows/decide.ts', seed: 1, law: 'd',
    snippet: 'const wanted = step.stateChanged || row.generation < plan.generation || views.some((view) => view.changed)',
    wrong: 'const wanted = step.stateChanged || row.generation < plan.generation',
  },
  'a timed-out compare-and-set is settled by reading back': {
    file: 'src/flows/decide.ts', seed: 173, law: 'settled',
    snippet: 'this.#unsettled.add(row, step.row.decisionId)\n      return false',
    wrong: "if ((await this.#deps.ledger.read(row.key))?.decisionId === step.row.decisionId) return true\n      throw new StoreUnavailable('it did not apply', 'not done')",
  },
  'acknowledgement before a quorum has it': {
    file: 'src/adapters/simulated/replicas/observations.ts', seed: 2, law: 'P1',
    snippet: 'await client.write(partition, values)',
    wrong: "await client.write(partition, values, 'LOCAL')",
  },
  'an orphan intent is dropped without a bump': {
    file: 'src/flows/settle-intents.ts', seed: 243, law: 'P3',
    snippet: "if (row !== undefined && row.version < intent.version && (await bumpRow(this.#deps, row)) === 'conflict') return",
    wrong: '',
  },
  'a stale decision is not discarded': {
    file: 'src/flows/decide.ts', seed: 98, law: 'late',
    snippet: 'if (this.#deps.clock.monotonic() - started > staleAfter) {',
    wrong: 'if (false) {',
  },
  'freshness is ignored': {
    file: 'src/core/consensus/decide.ts', seed: 3, law: 'P5',
    snippet: 'return zones.filter((zone) => counts(zone, rule) && now - zone.seenAt <= rule.freshFor)',
    wrong: 'return zones.filter((zone) => counts(zone, rule))',
  },
  'the spool is acknowledged early': {
    file: 'src/roles/poller/courier.ts', seed: 1, law: 'P1',
    snippet: 'const batch = await this.#pending()\n',
    wrong: 'const batch = await this.#pending()\n    await this.#release(batch.map((item) => observationId(item.observation)))\n',
  },
} as const satisfies Readonly<Record<string, Mutant>>

export type MutantName = keyof typeof mutants
