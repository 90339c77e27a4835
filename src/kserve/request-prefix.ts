/** Triton's prefix for errors of the core: the client's id, or that there is none. */
export function requestPrefix(id: string): string {
  return `[request id: ${id === '' ? '<id_unknown>' : id}] `;
}
