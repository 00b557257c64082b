import type { WindowSettings } from '../../core/window.ts'

/** How a poller behaves; times are ms. */
export interface PollerSettings {
  /** between two looks at the zone's schedule */
  readonly pull: number
  /** probes at once: scheduled ones, and confirming ones, which wait behind nobody else */
  readonly concurrency: number
  readonly confirming: number
  /** confirming runs a second, and how many may come at once */
  readonly confirmRate: number
  readonly confirmBurst: number
  /** a standstill or a step of the clock beyond this skips to the present instead of catching up */
  readonly skipAfter: number
  /** a check that was just made is looked at within this */
  readonly firstLook: number
  /** how long another poller may hold its share after its end: the zone's lease */
  readonly lease: number
  /** a start delay or loop lag beyond this, or beyond this share of the check's timeout, is stress */
  readonly stressDelay: number
  readonly stressShare: number
  /** observations wait this long for company, and at most so many travel together */
  readonly linger: number
  readonly batch: number
  /** fewer when an answer takes longer than `aim` */
  readonly window: Pick<WindowSettings, 'first' | 'least' | 'step' | 'aim'>
  /** what is not acknowledged by then goes to disk as well */
  readonly spoolAfter: number
  /** so long it travels live all the same; after that, behind the live ones */
  readonly young: number
  /** a post that takes longer has failed */
  readonly postTimeout: number
  /** between two attempts after a failure, at first and at most */
  readonly retry: { readonly first: number; readonly most: number }
  /** between two posts out of the spool */
  readonly pace: number
  /** observations held in memory at most, when neither the endpoint nor the disk takes any */
  readonly hold: number
  /** how long running probes may take to end when the poller stops */
  readonly drain: number
}

export const pollerDefaults: PollerSettings = {
  pull: 1000, concurrency: 512, confirming: 64, confirmRate: 50, confirmBurst: 200, skipAfter: 1000, firstLook: 2000, lease: 10_000,
  stressDelay: 1000, stressShare: 0.25, linger: 25, batch: 500, window: { first: 100, least: 10, step: 50, aim: 2000 }, spoolAfter: 250, young: 5000, postTimeout: 10_000,
  retry: { first: 250, most: 5000 }, pace: 100, hold: 10_000, drain: 5000,
}
