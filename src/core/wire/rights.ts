import type { Role } from '../entities/resources.ts'

export type Right = 'read' | 'create' | 'update' | 'delete'

const grants: Readonly<Record<Role, readonly Right[]>> = {
  'monitoring:admin': ['read', 'create', 'update', 'delete'],
  'monitoring:creator': ['read', 'create', 'update'],
  'monitoring:observer': ['read'],
}

/** Whether any of the roles grants the right: the most permissive wins. */
export function mayDo(roles: readonly Role[], right: Right): boolean {
  return roles.some((role) => grants[role].includes(right))
}
