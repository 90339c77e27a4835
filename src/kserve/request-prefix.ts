/** Triton's prefix for errors of its core: the client's id, or a placeholder. */
export function requestPrefix(id: string): string {
  return `[request id: ${id === '' ? '<id_unknown>' : id}] `;
}
