/** A replica and a process of all roles each. */
export const regions = ['dc1', 'dc2', 'dc3'] as const
/** A poller each, outside of the regions. */
export const zones = ['mzdfw', 'mzlon', 'mzord', 'mzsyd'] as const
