export { ChannelListener, type ChannelListenerOptions } from "./channel-listener.ts";
