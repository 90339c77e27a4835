/** How a request is cancelled when its caller disconnects; `cancel` is set while there is something to cancel. */
export interface Cancellation {
  cancel: (() => void) | undefined;
}
