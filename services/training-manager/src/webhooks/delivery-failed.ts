/** A webhook that could not be delivered. The message is for the project's people. */
export class DeliveryFailed extends Error {
  override readonly name = "DeliveryFailed";
}
