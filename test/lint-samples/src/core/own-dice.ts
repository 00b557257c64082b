export const roll = (): number => Math.random() + new Date().getTime()
