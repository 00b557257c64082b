export const later = (then: () => void): unknown => setTimeout(then, Date.now())
