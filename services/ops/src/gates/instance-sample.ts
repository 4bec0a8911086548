import { type Instance, unheard } from "./instance.ts";
import { InstanceStream } from "./instance-stream.ts";
import { findInstances, type ServiceAddress } from "./instances.ts";

export interface InstanceSample {
  readonly instances: readonly Instance[];
}

/** All processes of the services. One that is not heard is in a sample all the same. */
export class InstanceWatch {
  readonly #addresses: readonly ServiceAddress[];
  #streams = new Map<string, InstanceStream>();

  constructor(addresses: readonly ServiceAddress[]) {
    this.#addresses = addresses;
  }

  async look(): Promise<InstanceSample> {
    const streams = new Map<string, InstanceStream>();
    const instances = await Promise.all(
      this.#addresses.map((address) =>
        findInstances(address).then(
          (found) => Promise.all(found.map((instance) => this.#streamOf(instance, streams).look())),
          ({ message }: Error) => [unheard(address, message)],
        ),
      ),
    );
    // Those whose address is gone.
    for (const [url, stream] of this.#streams) if (!streams.has(url)) stream.close();
    this.#streams = streams;
    return { instances: instances.flat() };
  }

  /** Idempotent. */
  close(): void {
    for (const stream of this.#streams.values()) stream.close();
  }

  #streamOf(instance: ServiceAddress, streams: Map<string, InstanceStream>): InstanceStream {
    const { origin } = instance.url;
    const stream = this.#streams.get(origin) ?? new InstanceStream(instance);
    streams.set(origin, stream);
    return stream;
  }
}
