/** What tasks carry, by their kind. */
export type Kinds = Readonly<Record<string, object>>;

export type KindOf<K extends Kinds> = keyof K & string;

/** Something to be done. */
export interface Task<K extends Kinds> {
  readonly kind: KindOf<K>;
  /** While a task of this kind and id is in the queue, adding it again changes nothing. */
  readonly id: string;
  readonly data: K[KindOf<K>];
  /** How long from now it rests, milliseconds. */
  readonly delayMs: number;
}

/** Before every key in Redis. */
export const KEY_PREFIX = "sluice";

/**
 * The name of the queue of one kind. Each has its own, and workers of its own: slow tasks of one kind hold up none of
 * another.
 */
export function queueName(name: string, kind: string): string {
  return `${name}-${kind}`;
}
