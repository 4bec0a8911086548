/** Redis channel on which the id of a key is said that was revoked or whose life was shortened. */
export const REVOCATION_CHANNEL = "sluice:keys:revoked";
