/**
 * Seals what must not be read from a disk or a backup.
 * - `open(seal(x))` is x; two seals of one text differ; a changed or foreign seal throws, and never opens to something else.
 * - `isSealed` tells a sealed text from a plain one.
 */
export interface SecretBox {
  seal(plain: string): string
  open(sealed: string): string
  isSealed(text: string): boolean
}
