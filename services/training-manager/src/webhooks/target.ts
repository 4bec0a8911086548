import { invalidArgument } from "@sluice/http";
import { isPublicAddress, literalAddress } from "./public-address.ts";

/**
 * Refuses what can be told to be no receiver. What a name resolves to is looked at with each delivery.
 * @throws SluiceError VALIDATION_FAILED
 */
export function checkTarget(text: string, allowPrivate: boolean): void {
  const url = URL.parse(text);
  if (url === null) throw refused("is not a URL");
  if (url.username !== "" || url.password !== "") {
    throw refused("holds credentials; receivers know a delivery by its signature");
  }
  const address = literalAddress(url);
  if (allowPrivate || address === undefined || isPublicAddress(address)) return;
  throw refused(`names ${address}, which is not a public address`);
}

function refused(message: string): Error {
  return invalidArgument("/body/url", message);
}
