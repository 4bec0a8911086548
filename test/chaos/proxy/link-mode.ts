/** What a link does to what is sent over it. */
export type LinkMode =
  | { readonly kind: "pass" }
  /** Each piece arrives `ms` later, in both directions. */
  | { readonly kind: "delay"; readonly ms: number }
  /** Every connection is reset, new ones as soon as they are made. */
  | { readonly kind: "reset" }
  /** Connections are taken, and nothing that is sent arrives. */
  | { readonly kind: "black-hole" };
