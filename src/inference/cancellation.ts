/** How a caller that went away takes its request back; `cancel` is set while there is something to call off. */
export interface Cancellation {
  cancel: (() => void) | undefined;
}
